import {
  DataError,
  pairByNames,
  separated,
  type AmbiguousFiles,
  type PatternFiles,
} from '@segloss/data/masks';

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
  /** Pattern of the paths from `folder`, where files were named by one; the ids of `files` are those paths then. */
  readonly pattern?: string;
}

/** What a user wrote: a folder, or a pattern of files. */
export const writtenAs = ({ folder, pattern }: MaskFolder): string =>
  pattern === undefined ? folder : `${folder}/${pattern}`;

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

/** True masks by the ids of their cases, and the prediction of every one that has one, for each run. */
export interface PairedRuns {
  readonly truths: ReadonlyMap<string, string>;
  readonly pairings: readonly Pairing[];
  readonly faults: readonly Fault[];
}

/**
 * Pairs the true masks with the predictions of every run: by patterns where one side has one, else by {@link pairMasks}.
 *
 * @throws {DataError} `unpaired` if files fit the patterns of both sides and neither is the narrower one.
 */
export function pairRuns(
  truth: MaskFolder,
  runs: readonly { readonly name: string; readonly masks: MaskFolder }[],
): PairedRuns {
  if (truth.pattern === undefined && runs.every(({ masks }) => masks.pattern === undefined)) {
    const pairings = runs.map(({ name, masks }) => pairMasks(name, truth, masks));
    return {
      truths: truth.files,
      pairings,
      faults: [...truth.faults, ...pairings.flatMap(({ faults }) => faults)],
    };
  }
  const sides = runs.reduce((own, { masks }) => apart(own, masks).truth, truth);
  const first = filesOf(sides);
  const named = pairByNames(first, { files: [], pattern: undefined, id: maskId });
  const twice = named.ambiguous.flatMap((one) => faultsOf(one, sides, sides));
  const truths = new Map(
    named.firstAlone.map(({ name, first: file }) => [name, sides.files.get(file)!] as const),
  );
  const pairings = runs.map(({ name, masks }) => pairByPattern(name, sides, apart(sides, masks).predicted));
  return {
    truths,
    pairings,
    faults: [...truth.faults, ...twice, ...pairings.flatMap(({ faults }) => faults)],
  };
}

/** Takes files that are in both from the side with the wider pattern. */
function apart(truth: MaskFolder, predicted: MaskFolder): { truth: MaskFolder; predicted: MaskFolder } {
  const paths = ({ files }: MaskFolder) => [...files.values()];
  const { first, second, both } = separated(paths(truth), paths(predicted));
  if (both.length > 0) {
    throw new DataError(
      `${both.length} files are true masks and predictions, as ${both[0]!}: they fit ${writtenAs(truth)} and ${writtenAs(predicted)}; make one of the patterns narrower`,
      'unpaired',
    );
  }
  const only = (side: MaskFolder, kept: readonly string[]): MaskFolder => {
    const set = new Set(kept);
    return { ...side, files: new Map([...side.files].filter(([, file]) => set.has(file))) };
  };
  return { truth: only(truth, first), predicted: only(predicted, second) };
}

const filesOf = ({ files, pattern }: MaskFolder): PatternFiles => ({
  files: [...files.keys()],
  pattern,
  id: maskId,
});

function pairByPattern(run: string, truth: MaskFolder, predicted: MaskFolder): Pairing {
  const { pairs, ambiguous, firstAlone, secondAlone } = pairByNames(filesOf(truth), filesOf(predicted));
  const faults: Fault[] = predicted.faults.map((fault) => ({ ...fault, run }));
  for (const one of ambiguous)
    if (one.kind !== 'same-name') faults.push(...faultsOf(one, truth, predicted, run));
  for (const { name, first } of firstAlone) {
    faults.push({ kind: 'missing', run, id: name, message: `no prediction for ${truth.files.get(first)!}: no file is called ${name} by ${writtenAs(predicted)}` }); // prettier-ignore
  }
  for (const second of secondAlone) {
    faults.push({ kind: 'extra', run, id: maskId(second), message: `no true mask for ${predicted.files.get(second)!}: no file has this name by ${writtenAs(truth)}` }); // prettier-ignore
  }
  return {
    predictions: new Map(pairs.map(({ name, second }) => [name, predicted.files.get(second)!])),
    faults,
  };
}

/** A fault for each file that is left out. */
function faultsOf(
  { kind, name, files, partner }: AmbiguousFiles,
  truth: MaskFolder,
  predicted: MaskFolder,
  run?: string,
): Fault[] {
  const about = (id: string, message: string): Fault => ({ kind: 'ambiguous', id, message: `${message}; make the patterns narrower, or move files away`, ...(run !== undefined && { run }) }); // prettier-ignore
  const paths = (side: MaskFolder, some: readonly string[]) => some.map((file) => side.files.get(file)!).join(' and '); // prettier-ignore
  if (kind === 'same-name') return [about(name, `${files.length} true masks are called ${name} by ${writtenAs(truth)}: ${paths(truth, files)}`)]; // prettier-ignore
  if (kind === 'several-second') return [about(name, `${files.length} predictions fit the true mask ${truth.files.get(partner!)!}: ${paths(predicted, files)}`)]; // prettier-ignore
  return [about(name, `${files.length} true masks fit the prediction ${predicted.files.get(partner!)!}: ${paths(truth, files)}`)]; // prettier-ignore
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
