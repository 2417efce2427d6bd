import { existsSync, type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { checkPattern, DataError, fitting, isPattern } from '@segloss/data/masks';

import type { Fault } from './faults.js';
import { ARRAYS, maskFolder, maskId, READABLE, type MaskFolder } from './pair-files.js';

/** A folder, and the pattern below it; undefined for a folder that is there, whatever its name, and for one without `*` and `{name}`. */
export function splitPattern(place: string): { readonly folder: string; readonly pattern?: string } {
  if (!isPattern(place) || existsSync(place)) return { folder: place };
  const parts = place.split('/');
  const at = parts.findIndex(isPattern);
  return { folder: parts.slice(0, at).join('/') || (place.startsWith('/') ? '/' : '.'), pattern: parts.slice(at).join('/') }; // prettier-ignore
}

/**
 * Lists a folder, or the files that fit a pattern such as `out/{name}_pred.png`. Files that start with `._` (of macOS) are no masks; names are compared in one Unicode form.
 *
 * @param options `followLinks`: whether links that lead out of the folder are followed; otherwise they are faults. `probabilities`: whether arrays
 *   of NumPy are read too; where there are any, they alone are.
 * @throws {DataError} If it is not there, or holds nothing that can be read.
 */
export async function listMasks(
  place: string,
  { followLinks, probabilities }: { followLinks: boolean; probabilities: boolean },
): Promise<MaskFolder> {
  const { folder, pattern } = splitPattern(place);
  if (pattern !== undefined) checkPattern('analyze', pattern);
  const fits = pattern === undefined ? () => true : fitting(pattern);
  // Without `**` there is nothing to look for in deeper folders.
  const depth = pattern === undefined || pattern.includes('**') ? Infinity : pattern.split('/').length;
  const root = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'ENOENT' ? 'it does not exist' : error.message;
    throw new DataError(`cannot read the folder ${folder}: ${cause}`, 'missing-folder');
  });
  const faults: Fault[] = [];
  const found: string[] = [];
  await walk(root, '', new Set(), async (entry, target) => {
    const readable = READABLE.test(entry) || (probabilities && ARRAYS.test(entry));
    const below = entry.split(path.sep).join('/');
    if (target.isFile && !fits(below)) return false;
    if (!target.isFile && below.split('/').length >= depth) return false;
    if (!readable && target.isFile) {
      if (pattern !== undefined) faults.push({ kind: 'unreadable', id: idOf(entry), message: `cannot read ${path.join(folder, entry)}: wanted PNG, TIFF, JPEG or NIfTI; make the pattern ${pattern} narrower, or convert the file` }); // prettier-ignore
      return false;
    }
    if (followLinks || target.path === root || target.path.startsWith(root + path.sep)) {
      if (target.isFile) found.push(entry);
      return true;
    }
    const message = `${path.join(folder, entry)} is a link to ${target.path}, outside the folder; pass --follow-links to read it`;
    faults.push({ kind: 'link', id: idOf(entry), message });
    return false;
  });
  if (pattern !== undefined) {
    const files = new Map(
      found.sort().map((entry) => [entry.split(path.sep).join('/'), path.join(folder, entry)]),
    );
    if (files.size > 0) return { folder, pattern, files, faults };
    const first = faults[0] === undefined ? '' : `; ${faults[0].message}`;
    throw new DataError(`no file in ${folder} fits the pattern ${pattern}; correct the pattern${first}`, 'no-data'); // prettier-ignore
  }
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
