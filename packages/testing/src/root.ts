import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'turbo.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('findRoot: no turbo.json above the working folder');
  return findRoot(parent);
}

/** The repository's top folder. */
export const root = findRoot(process.cwd());
