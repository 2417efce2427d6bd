// Libraries to compare with, which need not be installed: in node_modules, or in a folder that NODE_PATH names.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Loads an installed library. */
export const load = (name) => require(name);

/** The version of a library, undefined if it is not installed. */
export function versionOf(name) {
  let folder;
  try {
    folder = dirname(require.resolve(name));
  } catch {
    return undefined;
  }
  for (;;) {
    try {
      const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (about.name === name) return about.version;
    } catch {
      // no package.json here
    }
    if (folder === dirname(folder)) return undefined;
    folder = dirname(folder);
  }
}
