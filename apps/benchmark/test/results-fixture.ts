// Folders of a benchmark as runs leave them, with hand-made masks: every expected score is counted by hand.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { scoreCase, type CaseScore } from '@segloss/metrics';
import { packBytes, toJson } from '@segloss/trainer';

import type { BenchmarkFile } from '../src/benchmark/plan.js';

export const CLASSES = ['background', 'lesion'];
const SIDE = 8;

/** A mask whose first `count` pixels are the lesion. */
const mask = (count: number): Uint8Array =>
  Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i < count ? 1 : 0));

/** Two images with 8 and 16 true pixels of 64, of which the first `predicted` are found. */
export function cases(predicted: readonly [number, number], prefix = 'case'): CaseScore[] {
  return [8, 16].map((count, i) => {
    const labels = mask(predicted[i]!);
    return scoreCase({
      id: `${prefix}-${i}`,
      truth: mask(count),
      predicted: labels,
      probabilities: Float32Array.from(labels),
      shape: [SIDE, SIDE],
      classes: CLASSES,
    });
  });
}

/** How a run of the fixture ended. */
export interface FixtureRun {
  readonly labels: Readonly<Record<string, string>>;
  readonly loss: string;
  readonly state: 'finished' | 'diverged' | 'missing' | 'running';
  readonly predicted?: readonly [number, number];
  readonly message?: string;
  readonly classes?: readonly string[];
  /** Begins the names of its images. Default `case`. */
  readonly images?: string;
  /** What it finds in the test images; absent without. */
  readonly tested?: readonly [number, number];
}

/** Writes the folder of a benchmark. */
export function writeBenchmark(
  folder: string,
  axes: BenchmarkFile['axes'],
  runs: readonly FixtureRun[],
  name = 'blobs <b>',
): string {
  const cells = runs.map((run, i) => ({ labels: run.labels, id: `id${i}`, folder: `runs/run-${i}` }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'benchmark.json'), toJson({ schemaVersion: 1, name, axes, cells }));
  runs.forEach((run, i) => writeRun(path.join(folder, 'runs', `run-${i}`), run, `id${i}`));
  return folder;
}

/** Writes the folder of one run. */
export function writeRun(
  folder: string,
  { loss, state, predicted = [8, 16], message, classes = CLASSES, images, tested }: FixtureRun,
  id = 'x',
): void {
  if (state === 'missing') return;
  mkdirSync(folder, { recursive: true });
  const write = (file: string, content: string | object) =>
    writeFileSync(path.join(folder, file), typeof content === 'string' ? content : toJson(content));
  const scored = cases(predicted, images);
  const q = 24 / 128;
  const p = (predicted[0] + predicted[1]) / 128;
  const val = {
    ...{ loss: 1, terms: {}, dice: [0.9, 0.5], iou: [0.8, 0.4], foregroundDice: 0.5, foregroundIou: 0.4 },
    ...{ truth: [1 - q, q], soft: [1 - p, p], hard: [1 - p, p] },
  };
  const line = (epoch: number) => ({ epoch, step: epoch + 1, learningRate: 0.1, loss: 1 / (epoch + 1), terms: { [loss]: 1 }, gradientNorm: 1, val }); // prettier-ignore
  const lines = state === 'finished' ? [line(0), line(1)] : [line(0)];
  write('STATUS', `${state}\n`);
  write('config.resolved.yaml', 'epochs: 2 # fixture.yaml:3\n');
  write('env.json', { segloss: '1.2.3', node: 'v20', backend: { name: 'cpu', reason: 'requested' } });
  write('dataset.json', { name: 'blobs', description: 'seeded blobs', classes, inputShape: [8, 8, 1], train: ['a'], val: ['case-0', 'case-1'] }); // prettier-ignore
  const { schemaVersion } = METRICS_HEAD;
  write(
    'metrics.jsonl',
    [{ schemaVersion, classes, loss }, ...lines].map((one) => `${toJson(one)}\n`).join(''),
  );
  write('summary.json', { schemaVersion: 2, id, name: 'run', status: state, epochs: lines.length, weightsSha256: 'abc', ...(message && { message }) }); // prettier-ignore
  if (state !== 'finished') return;
  const weights = { weightsSha256: 'abc', cases: scored, summary: {} };
  const test = tested && { ...weights, cases: cases(tested, 'test') };
  write('scores.json', { schemaVersion: 1, classes, background: 0, last: weights, ...(test && { test }) });
  write('examples.json', {
    schemaVersion: 1,
    label: 1,
    images: [
      {
        ...{ id: 'case-0', region: 'smallest', proportion: 8 / 64, height: SIDE, width: SIDE },
        image: packBytes(Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7) % 256)),
        truth: packBytes(mask(8)),
        predicted: { last: packBytes(mask(predicted[0])) },
      },
    ],
  });
}

const METRICS_HEAD = { schemaVersion: 1 };

/** Two losses with two seeds, one of which diverged. */
export function lossesAndSeeds(folder: string): string {
  const axes = [
    { key: 'loss', title: 'loss', labels: ['ce', 'dice'] },
    { key: 'seed', title: 'seed', labels: ['0', '1'] },
  ];
  const run = (loss: string, seed: string, more: Omit<FixtureRun, 'labels' | 'loss'>): FixtureRun => ({
    labels: { seed, loss },
    loss,
    ...more,
  });
  return writeBenchmark(folder, axes, [
    run('ce', '0', { state: 'finished', predicted: [4, 8] }),
    run('dice', '0', { state: 'finished', predicted: [8, 16] }),
    run('ce', '1', { state: 'finished', predicted: [0, 8] }),
    run('dice', '1', { state: 'diverged', message: 'term dice is NaN at epoch 1' }),
  ]);
}
