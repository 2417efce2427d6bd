import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { DataError } from '@segloss/data';

import type { Fault } from './faults.js';
import { ARRAYS, maskFolder, maskId, READABLE, type MaskFolder } from './pair-files.js';

/**
 * Lists a folder. Files that start with `._` (of macOS) are no masks; names are compared in one Unicode form.
 *
 * @param options `followLinks`: whether links that lead out of the folder are followed; otherwise they are faults. `probabilities`: whether arrays
 *   of NumPy are read too; where there are any, they alone are.
 * @throws {DataError} If it is not there, or holds nothing that can be read.
 */
export async function listMasks(
  folder: string,
  { followLinks, probabilities }: { followLinks: boolean; probabilities: boolean },
): Promise<MaskFolder> {
  const root = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'ENOENT' ? 'it does not exist' : error.message;
    throw new DataError(`cannot read the folder ${folder}: ${cause}`, 'missing-folder');
  });
  const faults: Fault[] = [];
  const found: string[] = [];
  await walk(root, '', new Set(), async (entry, target) => {
    const readable = READABLE.test(entry) || (probabilities && ARRAYS.test(entry));
    if (!readable && target.isFile) return false;
    if (followLinks || target.path === root || target.path.startsWith(root + path.sep)) {
      if (target.isFile) found.push(entry);
      return true;
    }
    const message = `${path.join(folder, entry)} is a link to ${target.path}, out of the folder; say --follow-links to read it`;
    faults.push({ kind: 'link', id: idOf(entry), message });
    return false;
  });
  const arrays = found.filter((entry) => ARRAYS.test(entry));
  const read = arrays.length > 0 ? arrays : found;
  return maskFolder(folder, read.sort().map((entry) => [idOf(entry), path.join(folder, entry)]), faults); // prettier-ignore
}

const idOf = (entry: string) => maskId(entry.split(path.sep).join('/'));

interface Target {
  /** Where an entry leads, without links. */
  readonly path: string;
  readonly isFile: boolean;
}

/** Visits files and folders below `root`, and enters folders for which `visit` is true; none twice, so that links may go in circles. */
async function walk(
  root: string,
  below: string,
  seen: Set<string>,
  visit: (entry: string, target: Target) => Promise<boolean>,
): Promise<void> {
  const here = await realpath(path.join(root, below));
  if (seen.has(here)) return;
  seen.add(here);
  const entries = await readdir(here, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('._')) continue;
    const name = path.join(below, entry.name);
    const target = await targetOf(path.join(here, entry.name), entry);
    if (target === undefined) continue;
    if ((await visit(name, target)) && !target.isFile) await walk(root, name, seen, visit);
  }
}

/** The file or folder that an entry is or leads to; undefined for links to nothing, pipes and devices. */
async function targetOf(place: string, entry: Dirent): Promise<Target | undefined> {
  // Most entries say themselves what they are; of the others the disk is asked.
  if (entry.isFile() || entry.isDirectory()) return { path: place, isFile: entry.isFile() };
  const target = await realpath(place).catch(() => undefined);
  if (target === undefined) return undefined;
  const stats = await stat(target);
  return stats.isFile() || stats.isDirectory() ? { path: target, isFile: stats.isFile() } : undefined;
}
