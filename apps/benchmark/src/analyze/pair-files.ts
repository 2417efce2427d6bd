import { DataError } from '@segloss/data/masks';

import type { Fault } from './faults.js';

/** Names of files that are read. */
export const READABLE = /\.(png|tiff?|jpe?g|nii(\.gz)?)$/i;
/** Arrays of probabilities; next to them nnU-Net writes masks of the same names. */
export const ARRAYS = /\.(npz|npy)$/i;

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
  const at = id.lastIndexOf('/');
  const folder = id.slice(0, Math.max(0, at));
  let name = id.slice(at + 1);
  for (let before = ''; before !== name;) {
    before = name;
    name = name.replace(BEFORE, '').replace(AFTER, '');
  }
  return folder === '' ? name : `${folder}/${name}`;
}

/** The files of a folder and those below it that can be read, by their names without extension. */
export interface MaskFolder {
  readonly folder: string;
  /** Id, with `/` between folders, and full path. */
  readonly files: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
}

/** The id of a mask from its path below the folder, with `/` between folders: without extension, in one Unicode form. */
export const maskId = (entry: string): string =>
  entry.replace(READABLE, '').replace(ARRAYS, '').normalize('NFC');

/**
 * The masks of a folder by their ids, in the order of their paths; of two with one id the first is read.
 *
 * @throws {DataError} `no-data` if there is none.
 */
export function maskFolder(
  folder: string,
  found: readonly (readonly [id: string, file: string])[],
  faults: Fault[] = [],
): MaskFolder {
  const files = new Map<string, string>();
  for (const [id, file] of found) {
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
