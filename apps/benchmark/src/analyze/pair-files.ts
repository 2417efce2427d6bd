import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { DataError } from '@segloss/data';

import type { Fault } from './faults.js';

const READABLE = /\.(png|tiff?|jpe?g|nii(\.gz)?)$/i;

/** Words that stand before or behind the name of a case, set off by `_`, `-`, `.` or a space. */
const WORDS =
  'gt|groundtruth|ground_truth|gtfine|labeltrainids|labelids|leftimg8bit|masks?|segs?|segmentations?|labels?|annotations?|' +
  'preds?|predicted|predictions?|outputs?|probs?|probabilities';
const SEPARATOR = '[_\\-. ]';
const BEFORE = new RegExp(`^(?:${WORDS})${SEPARATOR}+`, 'i');
const AFTER = new RegExp(`${SEPARATOR}+(?:${WORDS}|0000)$`, 'i');

/**
 * The name by which a file is paired if none has exactly its own: without the words before and behind, and without the `_0000`
 * that nnU-Net gives to channels.
 */
export function looseName(id: string): string {
  const folder = path.posix.dirname(id);
  let name = path.posix.basename(id);
  for (let before = ''; before !== name;) {
    before = name;
    name = name.replace(BEFORE, '').replace(AFTER, '');
  }
  return folder === '.' ? name : `${folder}/${name}`;
}

/** The files of a folder and those below it that can be read, by their names without extension. */
export interface MaskFolder {
  readonly folder: string;
  /** Id, with `/` between folders, and full path. */
  readonly files: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
}

/**
 * Lists a folder. Files that start with `._` (of macOS) are no masks; names are compared in one Unicode form.
 *
 * @param followLinks Whether links that lead out of the folder are followed; otherwise they are faults.
 * @throws {DataError} If it is not there, or holds nothing that can be read.
 */
export async function listMasks(folder: string, followLinks = false): Promise<MaskFolder> {
  const root = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'ENOENT' ? 'it does not exist' : error.message;
    throw new DataError(`cannot read the folder ${folder}: ${cause}`, 'missing-folder');
  });
  const faults: Fault[] = [];
  const found: string[] = [];
  await walk(root, '', new Set(), async (entry, target) => {
    if (!READABLE.test(entry) && target.isFile) return false;
    if (followLinks || target.path === root || target.path.startsWith(root + path.sep)) {
      if (target.isFile) found.push(entry);
      return true;
    }
    const message = `${path.join(folder, entry)} is a link to ${target.path}, out of the folder; say --follow-links to read it`;
    faults.push({ kind: 'link', id: idOf(entry), message });
    return false;
  });
  const files = new Map<string, string>();
  for (const entry of found.sort()) {
    const id = idOf(entry);
    const file = path.join(folder, entry);
    const other = files.get(id);
    if (other === undefined) files.set(id, file);
    else faults.push({ kind: 'ambiguous', id, message: `${file} has the name of ${other}, which is read` });
  }
  if (files.size === 0) {
    const first = faults[0] === undefined ? '' : `; ${faults[0].message}`;
    throw new DataError(`no masks in ${folder}; wanted PNG, TIFF or NIfTI files${first}`, 'no-data');
  }
  return { folder, files, faults };
}

const idOf = (entry: string) => entry.replace(READABLE, '').split(path.sep).join('/').normalize('NFC');

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
  for (const entry of (await readdir(here)).sort()) {
    if (entry.startsWith('._')) continue;
    const name = path.join(below, entry);
    const target = await realpath(path.join(here, entry)).catch(() => undefined); // a link to nothing
    const stats = target === undefined ? undefined : await stat(target);
    if (target === undefined || !(stats!.isFile() || stats!.isDirectory())) continue;
    const isFile = stats!.isFile();
    if ((await visit(name, { path: target, isFile })) && !isFile) await walk(root, name, seen, visit);
  }
}

/** The prediction for every true mask that has one, by the id of the truth. */
export interface Pairing {
  readonly predictions: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
}

/**
 * Pairs true masks with predictions: first by equal names without extension; then those left over by {@link looseName}, if it is
 * that of one file only on either side.
 */
export function pairMasks(run: string, truth: MaskFolder, predicted: MaskFolder): Pairing {
  const predictions = new Map<string, string>();
  const faults: Fault[] = predicted.faults.map((fault) => ({ ...fault, run }));
  const free = new Map(predicted.files);
  for (const id of truth.files.keys()) {
    const file = free.get(id);
    if (file === undefined) continue;
    predictions.set(id, file);
    free.delete(id);
  }
  const lonely = [...truth.files.keys()].filter((id) => !predictions.has(id));
  const [ofTruth, ofPredicted] = [byLooseName(lonely), byLooseName([...free.keys()])];
  for (const [name, ids] of ofTruth) {
    const partners = ofPredicted.get(name) ?? [];
    if (ids.length === 1 && partners.length === 1) {
      predictions.set(ids[0]!, free.get(partners[0]!)!);
      free.delete(partners[0]!);
      continue;
    }
    for (const id of ids) {
      const file = truth.files.get(id)!;
      faults.push(
        partners.length === 0
          ? { kind: 'missing', run, id, message: `no prediction for ${file} in ${predicted.folder}` }
          : {
              kind: 'ambiguous',
              run,
              id,
              message: `${ids.length} true and ${partners.length} predicted masks are called "${name}" (${[...ids, ...partners].slice(0, 4).join(', ')}); give the pair one name`,
            },
      );
    }
    for (const partner of partners) free.delete(partner);
  }
  for (const [id, file] of free) {
    faults.push({ kind: 'extra', run, id, message: `no true mask for ${file} in ${truth.folder}` });
  }
  return { predictions, faults };
}

function byLooseName(ids: readonly string[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const id of ids) names.set(looseName(id), [...(names.get(looseName(id)) ?? []), id]);
  return names;
}
