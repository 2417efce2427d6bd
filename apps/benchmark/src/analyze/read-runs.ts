import {
  DataError,
  IGNORED,
  type LabelMap,
  type OpenedMasks,
  type OpenMasksOptions,
} from '@segloss/data/masks';
import type { ProportionCase } from '@segloss/metrics';

import { classLabels } from './class-labels.js';
import { countPredicted, countTruth, sumProbabilities, type Counts } from './count.js';
import { CaseError, type Fault } from './faults.js';
import { inOrder } from './in-order.js';
import { pairMasks, type MaskFolder, type Pairing } from './pair-files.js';
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
  /** Whether links out of the folders are followed; default false. */
  readonly followLinks?: boolean;
  /** Called after each case. */
  readonly onCase?: (done: number, total: number) => void;
}

/** Where masks are: folders of a disk, or files that were dropped on a page. */
export interface MaskStore {
  /** The masks of a folder. @throws {DataError} If it is missing, or has none. */
  list(folder: string, followLinks?: boolean): Promise<MaskFolder>;
  /** What its `label-map.json` says, if it has one. */
  labelMap(folder: string): Promise<LabelMap | undefined>;
  open(files: readonly string[], options: OpenMasksOptions): Promise<OpenedMasks>;
  /** @throws {CaseError} If the file holds none. */
  probabilities(file: string): Promise<Probabilities>;
  readonly same: SameContent;
}

/** Cases that are read at a time: files are read and unpacked during the counting, and few masks are in memory. */
const AT_ONCE = 3;

interface CountedCase {
  readonly id: string;
  readonly truth: Counts;
  /** For each run; undefined where there is none, or none that can be used. */
  readonly predicted: readonly (Counts | undefined)[];
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
  const { predictions: runs, onCase } = request;
  const truths = await store.list(request.truth, request.followLinks);
  const pairings = await Promise.all(
    runs.map(async ({ name, folder }) =>
      pairMasks(name, truths, await store.list(folder, request.followLinks)),
    ),
  );
  const faults: Fault[] = [...truths.faults, ...pairings.flatMap((pairing) => pairing.faults)];
  const wanted = [...truths.files].filter(([id]) => pairings.some(({ predictions }) => predictions.has(id)));
  const opened = await openFolders(request, store, wanted.map(([, file]) => file), pairings); // prettier-ignore
  const { ignored } = opened.truth;
  const same = await sameInputs(
    store.same,
    runs.map(({ name }, r) => ({ name, files: pairings[r]!.predictions })),
    { name: request.truth, files: truths.files },
  );
  let done = 0;

  const scales = runs.map(() => new ProbabilityScale());
  const predict = async (truth: Labels, file: string, r: number) => {
    const masks = opened.predictions[r];
    if (masks !== undefined) return countPredicted(truth, await readLabels(masks, file), ignored);
    const probabilities = await store.probabilities(file);
    scales[r]!.add(probabilities);
    return sumProbabilities(truth, probabilities, ignored);
  };

  const read = await inOrder(wanted, AT_ONCE, async ([id, file]): Promise<CountedCase | undefined> => {
    try {
      const truth = await readLabels(opened.truth, file);
      const predicted: (Counts | undefined)[] = [];
      for (const [r, { predictions }] of pairings.entries()) {
        const prediction = predictions.get(id);
        predicted.push(
          prediction === undefined
            ? undefined
            : await predict(truth, prediction, r).catch((error: unknown) => {
                faults.push(faultOf(error, id, runs[r]!.name));
                return undefined;
              }),
        );
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
  const result = proportionsOf(request, opened, counted, faults);
  return { ...result, notes: [...same, ...result.notes, ...scaleNotes] };
}

/** Decides the label rule of the truth, and of each run; runs of two classes may hold 0 and 1 where the truth holds 0 and 255. */
async function openFolders(
  { truth, predictions, classes, ignore, probabilities }: FolderRequest,
  store: MaskStore,
  files: readonly string[],
  pairings: readonly Pairing[],
): Promise<Opened> {
  const labelMap = await store.labelMap(truth);
  const opened = await store.open(files, { labelMap, ignored: ignore, classes: classes?.length });
  const known = Math.max(classes?.length ?? 0, (opened.labels.at(-1) ?? 0) + 1);
  const open = async (folder: string, pairing: Pairing) =>
    store.open([...pairing.predictions.values()], {
      labelMap: await store.labelMap(folder),
      classes: known,
      comparedWith: opened,
    });
  return {
    truth: opened,
    predictions: probabilities
      ? []
      : await Promise.all(predictions.map(({ folder }, r) => open(folder, pairings[r]!))),
  };
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
): ReadRuns {
  const { predictions: runs, truth: truthFolder } = request;
  const { labels, ignored } = opened.truth;
  const predictedLabels = counted.flatMap(({ predicted }) =>
    predicted.flatMap((one) => [...(one?.keys() ?? [])]),
  );
  const { classes, background, proportions } = classLabels(request.classes, [
    ...labels,
    ...predictedLabels.filter((label) => label !== (request.ignore ?? IGNORED)),
  ]);
  const faults = [...found];
  const perRun: ProportionCase[][] = runs.map(() => []);
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
      predicted.forEach((counts, r) => {
        if (counts === undefined) return;
        orFault(id, runs[r]!.name, () =>
          perRun[r]!.push({ id, truth: q, predicted: proportions(counts, 'prediction') }),
        );
      });
    });
  }
  if (perRun.every((cases) => cases.length === 0)) throw noCase(faults);
  const place = (fault: Fault) => `${fault.id} ${fault.run ?? ''}`;
  return {
    classes,
    exclusive: true,
    background,
    runs: runs.map(({ name, folder }, r) => ({ name, source: folder, cases: perRun[r]! })),
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
