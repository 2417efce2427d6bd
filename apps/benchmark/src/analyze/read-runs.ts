import {
  DataError,
  IGNORED,
  type LabelMap,
  type OpenedMasks,
  type OpenMasksOptions,
} from '@segloss/data/masks';
import type { LesionCase, LesionOptions, ProportionCase } from '@segloss/metrics';
import type { Decoding } from '@segloss/trainer';

import { classLabels } from './class-labels.js';
import { countPredicted, countTruth, sumProbabilities, type Counts } from './count.js';
import { decoded, decodingName } from './decodings.js';
import { CaseError, type Fault } from './faults.js';
import { inOrder } from './in-order.js';
import { classLesions, labelLesions, labelsIn, type LabelLesions } from './lesions.js';
import { pairRuns, type MaskFolder, type PairedRuns } from './pair-files.js';
import { ProbabilityScale } from './probability-scale.js';
import { readLabels, type Labels, type Probabilities } from './read-mask.js';
import type { ReadRuns } from './runs.js';
import { sameInputs, type SameContent } from './same-files.js';

/** Folders of predictions, and of the true masks. */
export interface FolderRequest {
  readonly truth: string;
  readonly predictions: readonly { readonly name: string; readonly folder: string }[];
  /** Names of the labels 0 to K-1; undefined: the labels that the masks hold. */
  readonly classes?: readonly string[] | undefined;
  /** True label of pixels that do not count; undefined: 255, unless true masks are 0 and 255. */
  readonly ignore?: number | undefined;
  /** Predictions are probabilities and not labels. */
  readonly probabilities: boolean;
  /** With `probabilities`: how they become labels; each makes a run of its own next to that of the summed probabilities. */
  readonly decode?: readonly Decoding[];
  /** How lesions of labels are scored; undefined: not. Summed probabilities have none. */
  readonly lesions?: LesionOptions | undefined;
  /** Whether links out of the folders are followed; default false. */
  readonly followLinks?: boolean;
  /** Called after each case. */
  readonly onCase?: (done: number, total: number) => void;
}

/** Where masks are: folders of a disk, or files that were dropped on a page. */
export interface MaskStore {
  /** The masks of a folder, or those that fit a pattern. @throws {DataError} If it is missing, or has none. */
  list(folder: string, options: { followLinks: boolean; probabilities: boolean }): Promise<MaskFolder>;
  /** What its `label-map.json` says, if it has one. */
  labelMap(folder: string): Promise<LabelMap | undefined>;
  open(files: readonly string[], options: OpenMasksOptions): Promise<OpenedMasks>;
  /** @param shape Of the true mask. @throws {CaseError} If the file holds none. */
  probabilities(file: string, shape: readonly number[]): Promise<Probabilities>;
  readonly same: SameContent;
}

/** Cases that are read at a time: files are read and unpacked during the counting, and few masks are in memory. */
const AT_ONCE = 3;

interface CountedCase {
  readonly id: string;
  readonly truth: Counts;
  /** For each run that is reported; undefined where there is none, or none that can be used. */
  readonly predicted: readonly (PredictedCounts | undefined)[];
}

/** Pixels or summed probabilities of each label, and of labels the pixels that are right. */
interface PredictedCounts {
  readonly counts: Counts;
  readonly overlaps?: Counts;
  readonly lesions?: LabelLesions;
}

/** A run that is reported: the masks or probabilities of a folder, or the labels that a decoding makes of them. */
interface ReportedRun {
  readonly name: string;
  /** Index of the folder. */
  readonly source: number;
}

/** The masks of the truth and of each run, each with its own label rule; no rule for probabilities. */
interface Opened {
  readonly truth: OpenedMasks;
  readonly predictions: readonly (OpenedMasks | undefined)[];
}

/**
 * Counts the labels of true and predicted masks, and keeps only the counts.
 *
 * @throws {DataError} If a folder is missing or empty, it is unclear what the masks of a folder mean, or no case can be used.
 */
export async function readRuns(request: FolderRequest, store: MaskStore): Promise<ReadRuns> {
  const { predictions: runs, probabilities, onCase, followLinks = false, decode: decodings = [] } = request;
  const listed = {
    truth: await store.list(request.truth, { followLinks, probabilities: false }),
    runs: await Promise.all(runs.map(async ({ name, folder }) => ({ name, masks: await store.list(folder, { followLinks, probabilities }) }))), // prettier-ignore
  };
  const paired = pairRuns(listed.truth, listed.runs);
  const { truths, pairings } = paired;
  const faults: Fault[] = [...paired.faults];
  const wanted = [...truths].filter(([id]) => pairings.some(({ predictions }) => predictions.has(id)));
  const opened = await openFolders(request, store, wanted.map(([, file]) => file), { ...listed, pairings }); // prettier-ignore
  const { ignored } = opened.truth;
  const countLabels = (truth: Labels, predicted: Labels): PredictedCounts => {
    const counted = countPredicted(truth, predicted, ignored);
    const { lesions: options } = request;
    if (options === undefined) return counted;
    const labels = labelsIn(countTruth(truth, ignored), counted.counts);
    return { ...counted, lesions: labelLesions(truth, predicted, { ignored, labels, options }) };
  };
  const same = await sameInputs(
    store.same,
    runs.map(({ name }, r) => ({ name, files: pairings[r]!.predictions })),
    { name: request.truth, files: truths },
  );
  let done = 0;

  const scales = runs.map(() => new ProbabilityScale());
  const reported: ReportedRun[] = runs.flatMap(({ name }, source) => [
    { name, source },
    ...decodings.map((decoding) => ({ name: `${name}, ${decodingName(decoding)}`, source })),
  ]);
  /** One result for each reported run of the folder. */
  const predict = async (truth: Labels, file: string, r: number): Promise<PredictedCounts[]> => {
    const masks = opened.predictions[r];
    if (masks !== undefined) return [countLabels(truth, await readLabels(masks, file))];
    const found = await store.probabilities(file, truth.shape);
    scales[r]!.add(found);
    const sums = sumProbabilities(truth, found, ignored);
    return [{ counts: sums }, ...decodings.map((decoding) => countLabels(truth, decoded(found, decoding)))];
  };

  const read = await inOrder(wanted, AT_ONCE, async ([id, file]): Promise<CountedCase | undefined> => {
    try {
      const truth = await readLabels(opened.truth, file);
      const predicted: (PredictedCounts | undefined)[] = [];
      for (const [r, { predictions }] of pairings.entries()) {
        const prediction = predictions.get(id);
        const results =
          prediction === undefined
            ? []
            : await predict(truth, prediction, r).catch((error: unknown) => {
                faults.push(faultOf(error, id, runs[r]!.name));
                return [];
              });
        for (let i = 0; i <= decodings.length; i++) predicted.push(results[i]);
      }
      return { id, truth: countTruth(truth, ignored), predicted };
    } catch (error) {
      faults.push(faultOf(error, id));
      return undefined;
    } finally {
      onCase?.(++done, wanted.length);
    }
  });
  const counted = read.filter((one) => one !== undefined);
  if (!counted.some(({ predicted }) => predicted.some((one) => one !== undefined))) throw noCase(faults);
  const scaleNotes = scales.flatMap((scale, r) => scale.note(runs[r]!.name) ?? []);
  const result = proportionsOf(request, opened, counted, faults, reported);
  return { ...result, notes: [...same, ...result.notes, ...scaleNotes] };
}

/** The folders of the truth and of each run, and their pairs. */
interface Listed extends Pick<PairedRuns, 'pairings'> {
  readonly truth: MaskFolder;
  readonly runs: readonly { readonly masks: MaskFolder }[];
}

/** Decides the label rule of the truth, and of each run; runs of two classes may hold 0 and 1 where the truth holds 0 and 255. */
async function openFolders(
  { classes, ignore, probabilities }: FolderRequest,
  store: MaskStore,
  files: readonly string[],
  { truth, runs, pairings }: Listed,
): Promise<Opened> {
  const labelMap = await store.labelMap(truth.folder);
  const opened = await store.open(files, { labelMap, ignored: ignore, classes: classes?.length });
  const known = Math.max(classes?.length ?? 0, (opened.labels.at(-1) ?? 0) + 1);
  const open = async ({ folder }: MaskFolder, r: number) =>
    store.open([...pairings[r]!.predictions.values()], {
      labelMap: await store.labelMap(folder),
      classes: known,
      comparedWith: opened,
    });
  return {
    truth: opened,
    predictions: probabilities ? [] : await Promise.all(runs.map(({ masks }, r) => open(masks, r))),
  };
}

/** 2·overlap / (true + predicted); null where neither mask has the label. */
function diceOf(label: number, truth: Counts, { counts, overlaps }: PredictedCounts): number | null {
  const pixels = (truth.get(label) ?? 0) + (counts.get(label) ?? 0);
  return pixels === 0 ? null : (2 * (overlaps?.get(label) ?? 0)) / pixels;
}

function noCase(faults: readonly Fault[]): DataError {
  const first = faults[0] === undefined ? '' : `; the first of ${faults.length} faults: ${faults[0].message}`;
  return new DataError(`no case can be used${first}`, 'no-data');
}

function faultOf(error: unknown, id: string, run?: string): Fault {
  if (!(error instanceof CaseError)) throw error;
  return { kind: error.kind, id, message: error.message, ...(run !== undefined && { run }) };
}

/** Classes, and proportions of them, once all labels are known. */
function proportionsOf(
  request: FolderRequest,
  opened: Opened,
  counted: readonly CountedCase[],
  found: readonly Fault[],
  reported: readonly ReportedRun[],
): ReadRuns {
  const { predictions: runs, truth: truthFolder } = request;
  const { labels, ignored } = opened.truth;
  const predictedLabels = counted.flatMap(({ predicted }) =>
    predicted.flatMap((one) => [...(one?.counts.keys() ?? [])]),
  );
  const {
    classes,
    background,
    labels: numbers,
    proportions,
  } = classLabels(request.classes, [
    ...labels,
    ...predictedLabels.filter((label) => label !== (request.ignore ?? IGNORED)),
  ]);
  const faults = [...found];
  const perRun = reported.map(() => ({
    cases: [] as ProportionCase[],
    dice: [] as (number | null)[][],
    lesions: [] as (LesionCase | null)[][],
  }));
  const orFault = (id: string, run: string | undefined, work: () => void) => {
    try {
      work();
    } catch (error) {
      faults.push(faultOf(error, id, run));
    }
  };
  for (const { id, truth, predicted } of counted) {
    orFault(id, undefined, () => {
      const q = proportions(truth, 'true mask');
      predicted.forEach((one, r) => {
        if (one === undefined) return;
        orFault(id, runs[reported[r]!.source]!.name, () => {
          perRun[r]!.cases.push({ id, truth: q, predicted: proportions(one.counts, 'prediction') });
          if (one.overlaps) perRun[r]!.dice.push(numbers.map((label) => diceOf(label, truth, one)));
          if (one.lesions) perRun[r]!.lesions.push(classLesions(numbers, one.lesions, request.lesions ?? {}));
        });
      });
    });
  }
  if (perRun.every(({ cases }) => cases.length === 0)) throw noCase(faults);
  const place = (fault: Fault) => `${fault.id} ${fault.run ?? ''}`;
  return {
    classes,
    exclusive: true,
    background,
    ...(request.lesions && { lesions: request.lesions }),
    runs: reported.map(({ name, source }, r) => {
      const { cases, dice, lesions } = perRun[r]!;
      return {
        ...{ name, source: runs[source]!.folder, cases },
        ...(dice.length > 0 && { dice }),
        ...(lesions.length > 0 && { lesions }),
      };
    }),
    faults: faults.sort((a, b) => (place(a) < place(b) ? -1 : 1)),
    notes: [
      `true masks: ${truthFolder}`,
      ...(request.classes === undefined && background === undefined
        ? [`labels found: ${classes.join(', ')}`]
        : []),
      ...ruleNotes('true masks', opened.truth),
      ...(ignored === undefined ? [] : [`pixels whose true label is ${ignored} do not count`]),
      ...opened.predictions.flatMap((masks, r) => ruleNotes(runs[r]!.name, masks!, opened.truth)),
    ],
  };
}

/** The rule in words and its warnings; a rule like that of the truth is not repeated. */
const ruleNotes = (name: string, { labelRule, warnings }: OpenedMasks, truth?: OpenedMasks) =>
  [...(labelRule === truth?.labelRule ? [] : [labelRule]), ...warnings].map(
    (sentence) => `labels of ${name}: ${sentence}`,
  );
