import { DataError, IGNORED } from '@segloss/data';
import type { ProportionCase } from '@segloss/metrics';

import { countLabels, countPredicted, sumProbabilities } from './count.js';
import { type Counts, type PredictedCounts } from './counts.js';
import { CaseError, type Fault } from './faults.js';
import { inOrder } from './in-order.js';
import { settleLabels, type LabelSettings } from './label-rule.js';
import { listMasks, pairMasks } from './pair-files.js';
import { readLabels, readProbabilities, type Labels } from './read-mask.js';
import type { ReadRuns } from './runs.js';

/** Folders of predictions, and of the true masks. */
export interface FolderRequest extends LabelSettings {
  readonly truth: string;
  readonly predictions: readonly { readonly name: string; readonly folder: string }[];
  /** Predictions are probabilities and not labels. */
  readonly probabilities: boolean;
  /** Whether links out of the folders are followed; default false. */
  readonly followLinks?: boolean;
  /** Told after each case. */
  readonly onCase?: (done: number, total: number) => void;
}

/** Cases that are read at a time: files are read and unpacked beside the counting, and few masks are in memory. */
const AT_ONCE = 3;

interface CountedCase {
  readonly id: string;
  readonly truth: Counts;
  readonly isImage: boolean;
  /** For each run; undefined where there is none, or none that can be used. */
  readonly predicted: readonly (PredictedCounts | undefined)[];
}

/**
 * Counts the labels of true and predicted masks, each mask once, and keeps only the counts.
 *
 * @throws {DataError} If a folder is missing or empty, or no case can be used.
 */
export async function readFolders(request: FolderRequest): Promise<ReadRuns> {
  const { predictions: runs, probabilities, onCase } = request;
  const truths = await listMasks(request.truth, request.followLinks);
  const pairings = await Promise.all(
    runs.map(async ({ name, folder }) =>
      pairMasks(name, truths, await listMasks(folder, request.followLinks)),
    ),
  );
  const faults: Fault[] = [...truths.faults, ...pairings.flatMap((pairing) => pairing.faults)];
  const ignored = request.ignore ?? IGNORED;
  const wanted = [...truths.files].filter(([id]) => pairings.some(({ predictions }) => predictions.has(id)));
  const named = request.classes !== undefined;
  let done = 0;

  const predict = async (truth: Labels, file: string) =>
    probabilities
      ? sumProbabilities(truth, await readProbabilities(file), ignored)
      : countPredicted(truth, await readLabels(file), ignored, named);

  const read = await inOrder(wanted, AT_ONCE, async ([id, file]): Promise<CountedCase | undefined> => {
    try {
      const truth = await readLabels(file);
      const counts = countLabels(truth, named);
      const predicted: (PredictedCounts | undefined)[] = [];
      for (const [r, { predictions }] of pairings.entries()) {
        const prediction = predictions.get(id);
        predicted.push(
          prediction === undefined
            ? undefined
            : await predict(truth, prediction).catch((error: unknown) => {
                faults.push(faultOf(error, id, runs[r]!.name));
                return undefined;
              }),
        );
      }
      return { id, truth: counts, predicted, isImage: truth.volume === undefined };
    } catch (error) {
      faults.push(faultOf(error, id));
      return undefined;
    } finally {
      onCase?.(++done, wanted.length);
    }
  });
  const counted = read.filter((one) => one !== undefined);
  if (!counted.some(({ predicted }) => predicted.some((one) => one !== undefined))) throw noCase(faults);
  return settled(request, counted, faults);
}

function noCase(faults: readonly Fault[]): DataError {
  const first = faults[0] === undefined ? '' : `; the first of ${faults.length} faults: ${faults[0].message}`;
  return new DataError(`no case can be used${first}`, 'no-data');
}

function faultOf(error: unknown, id: string, run?: string): Fault {
  if (!(error instanceof CaseError)) throw error;
  return { kind: error.kind, id, message: error.message, ...(run !== undefined && { run }) };
}

/** Classes, and proportions of them, once all values are known. */
function settled(request: FolderRequest, counted: readonly CountedCase[], found: readonly Fault[]): ReadRuns {
  const { predictions: runs, truth: truthFolder } = request;
  const rule = settleLabels(
    request,
    counted.map(({ truth }) => truth),
    runs.map((_, r) => counted.flatMap(({ predicted }) => predicted[r] ?? [])),
    counted.every(({ isImage }) => isImage),
  );
  const faults = [...found];
  const perRun: ProportionCase[][] = runs.map(() => []);
  for (const { id, truth, predicted } of counted) {
    try {
      const q = rule.truth(truth);
      predicted.forEach((counts, r) => {
        if (counts === undefined) return;
        try {
          perRun[r]!.push({ id, truth: q, predicted: rule.predicted(counts, r) });
        } catch (error) {
          faults.push(faultOf(error, id, runs[r]!.name));
        }
      });
    } catch (error) {
      faults.push(faultOf(error, id));
    }
  }
  if (perRun.every((cases) => cases.length === 0)) throw noCase(faults);
  const place = (fault: Fault) => `${fault.id} ${fault.run ?? ''}`;
  return {
    classes: rule.classes,
    exclusive: true,
    background: rule.background,
    runs: runs.map(({ name, folder }, r) => ({ name, source: folder, cases: perRun[r]! })),
    faults: faults.sort((a, b) => (place(a) < place(b) ? -1 : 1)),
    notes: [`true masks: ${truthFolder}`, ...rule.notes],
  };
}
