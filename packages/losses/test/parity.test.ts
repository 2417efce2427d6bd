import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeEachBackend, goldenFile, root } from '@segloss/testing';

import { compareFile } from './parity/compare';
import { fixtureFile, type FixtureFile } from './parity/fixture';
import { countsOf, libraryTable } from './parity/table';

const INTRODUCTION = `# Parity with other libraries

Each case is a value and a gradient that the library's own code computed in float64. A case passes where the value agrees
within 1e-5 · max(1, |v|), the terms of a compound likewise, and the gradient within 1e-4 · max(max |g|, 1e-3), on the cpu and
the wasm backend. A case is skipped where the library is wrong, where it is not finite (segloss then has to be), or where
segloss refuses the option by design; the reason stands below each table. Of the 2040 finite cases of the four libraries
1940 pass (95.1 %). \`fixture\` is one small input with one case for each loss and library.

\`\`\`
npm run parity -- ../shared/golden
\`\`\`

The tables are those of the cpu backend; \`UPDATE_PARITY_TABLES=1 npx jest --selectProjects losses --testPathPatterns parity\`
writes them, and the tests check them.
`;

// Every case counts: one that is left out, or a skip more, turns this red.
const COUNTS = {
  monai: { passed: 508, failed: 0, skipped: 34 },
  seglossbias: { passed: 650, failed: 0, skipped: 87 },
  seglossodyssey: { passed: 296, failed: 0, skipped: 9 },
  fixture: { passed: 158, failed: 0, skipped: 0 },
  segmentation_models_pytorch: { passed: 486, failed: 0, skipped: 9 },
};

const golden = (library: string) =>
  library === 'fixture' ? fixtureFile(goldenFile('fixture') as unknown as FixtureFile) : goldenFile(library)!;

/** The page of all the tables. */
function parityPage(): string {
  const tables = Object.keys(COUNTS).map((library) => libraryTable(library, compareFile(golden(library))));
  return [INTRODUCTION, ...tables].join('\n');
}

if (goldenFile('monai') === undefined) {
  describe.skip('the values of other libraries (skipped: ../shared/golden is not there)', () => {
    it('agree', () => undefined);
  });
} else {
  describeEachBackend('the values of other libraries', () => {
    it.each(Object.entries(COUNTS))('agree in value, terms and gradient: %s', (library, counts) => {
      const outcomes = compareFile(golden(library));
      const failures = outcomes.filter(({ result }) => result === 'failed');
      expect(failures.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
      expect(countsOf(outcomes)).toEqual(counts);
    });
  });

  describe('docs/losses/parity.md', () => {
    const page = join(root, 'docs/losses/parity.md');

    const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-+/g, '-').trim(); // prettier pads tables

    it('shows the tables as they are now', () => {
      const wanted = parityPage();
      if (process.env.UPDATE_PARITY_TABLES) {
        writeFileSync(page, wanted);
        execFileSync('npx', ['prettier', '--write', page], { cwd: root });
      }
      expect(plain(readFileSync(page, 'utf8'))).toBe(plain(wanted));
    });
  });
}
