const { readFileSync, statSync } = require('node:fs');
const { relative, sep } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/**
 * Starts the slowest files first, so that no worker is left with a long file at the end.
 *
 * `test/seconds.json` holds the seconds of files that take more than a few; `npm run test:seconds` writes it. The rest go by size.
 */
module.exports = class SlowestFirst extends Sequencer {
  sort(tests) {
    const [{ context }] = tests.length > 0 ? tests : [{ context: undefined }];
    const root = context?.config.rootDir;
    const seconds = root === undefined ? {} : JSON.parse(readFileSync(`${root}/test/seconds.json`, 'utf8'));
    const estimate = ({ path }) =>
      seconds[relative(root, path).split(sep).join('/')] ?? statSync(path).size / BYTES_PER_SECOND;
    return [...tests].sort((a, b) => estimate(b) - estimate(a));
  }
};

/** A guess for a file that is not listed: small files take a second or two. */
const BYTES_PER_SECOND = 10_000;
