import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { IGNORED, openDataset, spread } from '@segloss/data';
import { decode, scoreCase, type DecodePolicy } from '@segloss/metrics';
import {
  openRun,
  predict,
  readMetrics,
  readScores,
  runState,
  type OpenRun,
  type Prediction,
} from '@segloss/trainer';

import { FILES, type BenchmarkFile } from '../benchmark/plan.js';
import {
  factsOf,
  predictionsOf,
  thousandths,
  type CasePrediction,
  type PaperRow,
  type PaperRows,
  type Remeasured,
  type SetFacts,
} from './rows.js';

/** The loss whose probabilities are decoded in other ways. */
export const DECODED_LOSS = 'ce';

/**
 * Reads the trainings of a benchmark that have ended. Networks of cross-entropy in `claims` are loaded again: their sizes on the training images
 * and their decoded probabilities are measured.
 *
 * @param folder Of the benchmark. @param remeasure Whether to load networks.
 */
export async function collectRows(folder: string, remeasure: boolean): Promise<PaperRows> {
  const file = path.join(folder, FILES.grid);
  const { name, axes, cells } = JSON.parse(readFileSync(file, 'utf8')) as BenchmarkFile;
  const sets: Record<string, SetFacts> = {};
  const rows: PaperRow[] = [];
  for (const { labels, folder: place } of cells) {
    const run = path.join(folder, place ?? '');
    const state = place !== null && existsSync(run) ? runState(run) : 'missing';
    if (state === 'diverged') rows.push({ labels, state, cases: [], curve: { loss: [], dice: [] } });
    if (state !== 'finished') continue;
    const { classes, background, last } = readScores(path.join(run, 'scores.json'));
    sets[labels['data']!] ??= factsOf(classes, background, last.cases);
    const { lines } = readMetrics(path.join(run, 'metrics.jsonl'));
    rows.push({
      ...{ labels, state, cases: predictionsOf(last.cases) },
      curve: {
        loss: lines.map(({ loss }) => rounded(loss)),
        dice: lines.map(({ val }) => (Number.isNaN(val.foregroundDice) ? null : rounded(val.foregroundDice))),
      },
      ...(remeasure && labels['loss'] === DECODED_LOSS && { remeasured: await measureAgain(run) }),
    });
  }
  const losses = axes.find(({ key }) => key === 'loss')?.labels ?? [];
  return { name, losses, sets, rows };
}

const rounded = (value: number): number => Number(value.toPrecision(5));

/** Loads the last weights of a run, and predicts its images again. */
async function measureAgain(folder: string): Promise<Remeasured> {
  const run = await openRun(folder, { checkpoint: 'last', backend: 'wasm' });
  try {
    const { limit = Infinity } = run.config.data;
    const { train, val } = await openDataset(run.config.data.folder);
    const [trained, validated] = await Promise.all([train, val].map((part) => Promise.all(spread(part, limit).map((source) => source.load())))); // prettier-ignore
    const target = run.classes.map(() => 0);
    const soft = run.classes.map(() => 0);
    const predictions = await predict(run.model, trained!);
    for (const [i, { probabilities }] of predictions.entries()) {
      trained![i]!.mask.forEach((label, pixel) => {
        if (label === IGNORED) return;
        target[label]!++;
        soft.forEach((sum, k) => (soft[k] = sum + probabilities[pixel * soft.length + k]!));
      });
    }
    const found = await predict(run.model, validated!);
    const decoded = (policy: DecodePolicy): CasePrediction[] =>
      predictionsOf(found.map((one, i) => scoreCase({ ...common(run), id: one.id, truth: validated![i]!.mask, predicted: decodeCase(one, run, policy), shape: [validated![i]!.height, validated![i]!.width] }))); // prettier-ignore
    return {
      train: { target, soft: soft.map(thousandths) },
      decoded: { volume: decoded('volume'), dice: decoded('dice') },
    };
  } finally {
    run.model.dispose();
  }
}

const common = ({ classes, background }: OpenRun) => ({
  ...{ classes, background, ignoreIndex: IGNORED, distances: 'none' as const },
});

/** Two classes are decoded from the probability of the foreground, as they were trained. */
function decodeCase(
  { probabilities }: Prediction,
  { classes, background }: OpenRun,
  policy: DecodePolicy,
): Uint8Array {
  if (classes.length > 2) {
    return decode(probabilities, { policy, numClasses: classes.length, background: background ?? 0 });
  }
  const foreground = probabilities.filter((_, i) => i % 2 === 1);
  return decode(foreground, { policy });
}
