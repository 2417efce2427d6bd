// A benchmark with enough images and seeds for statistics: three losses, two data sets, three seeds, one run that diverged.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { randomStream } from '@segloss/data';
import { scoreCase, type CaseScore } from '@segloss/metrics';
import { packBytes, toJson } from '@segloss/trainer';

import { CLASSES, writeBenchmark, type FixtureRun } from './results-fixture.js';

const SIDE = 32;
const IMAGES = 16;

/** Share of each true region that a loss finds, and share of the background that it invents. */
const LOSSES = {
  ce: { found: 0.95, invented: 0.002 },
  dice: { found: 0.6, invented: 0 },
  'ce + l1(temperature=10)': { found: 0.97, invented: 0.001 },
} as const;

/** A thin, slanted vessel and a disk whose size grows with the number of the image. */
function truthOf(image: number): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const vessel = Math.abs(x - y - 4) < 1 && x < 12 + image;
    return vessel || (x - 22) ** 2 + (y - 10) ** 2 < (image / 2) ** 2 ? 1 : 0;
  });
}

function predictionOf(image: number, loss: keyof typeof LOSSES, seed: string): Uint8Array {
  // The smallest region is not found at all by dice.
  if (loss === 'dice' && image === 0) return new Uint8Array(SIDE * SIDE);
  const random = randomStream(`${loss}/${seed}/${image}`);
  const { found, invented } = LOSSES[loss];
  return truthOf(image).map((label) => (random.uniform() < (label === 1 ? found : invented) ? 1 : 0));
}

function casesOf(loss: keyof typeof LOSSES, seed: string): CaseScore[] {
  return Array.from({ length: IMAGES }, (_, image) => {
    const predicted = predictionOf(image, loss, seed);
    return scoreCase({ id: `image-${image}`, truth: truthOf(image), predicted, probabilities: Float32Array.from(predicted, (one) => 0.1 + 0.8 * one), shape: [SIDE, SIDE], classes: CLASSES }); // prettier-ignore
  });
}

/** Writes the benchmark, and returns its folder. */
export function richBenchmark(folder: string): string {
  const seeds = ['0', '1', '2'];
  const sets = ['vessels', 'nuclei of a <b>'];
  const axes = [
    { key: 'loss', title: 'loss', labels: Object.keys(LOSSES) },
    { key: 'data.folder', title: 'data', labels: sets },
    { key: 'seed', title: 'seed', labels: seeds },
  ];
  const runs = seeds.flatMap((seed) =>
    sets.flatMap((data) =>
      Object.keys(LOSSES).map((loss): FixtureRun => ({
        labels: { seed, data, loss },
        loss,
        ...(loss === 'dice' && seed === '2' && data === sets[1]
          ? { state: 'diverged' as const, message: 'term dice is NaN at epoch 1' }
          : { state: 'finished' as const }),
      })),
    ),
  );
  writeBenchmark(folder, axes, runs, 'vessels & nuclei');
  runs.forEach(({ loss, labels, state }, i) => {
    if (state !== 'finished') return;
    const name = loss as keyof typeof LOSSES;
    const file = (text: string) => path.join(folder, 'runs', `run-${i}`, text);
    const scores = { weightsSha256: 'abc', cases: casesOf(name, labels['seed']!), summary: {} };
    writeFileSync(
      file('scores.json'),
      toJson({ schemaVersion: 1, classes: CLASSES, background: 0, last: scores }),
    );
    const truths = scores.cases.map((_, image) => truthOf(image));
    const images = scores.cases.map(({ id }, image) => ({
      ...{ id, height: SIDE, width: SIDE },
      proportion: truths[image]!.reduce((sum, one) => sum + one, 0) / SIDE ** 2,
      image: { height: SIDE, width: SIDE, rgb: packBytes(Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => 90 + ((at * 7) % 40) + 60 * truths[image]![Math.floor(at / 3)]!)) }, // prettier-ignore
      truth: packBytes(truths[image]!),
      predicted: { last: packBytes(predictionOf(image, name, labels['seed']!)) },
    }));
    writeFileSync(file('examples.json'), toJson({ schemaVersion: 2, label: 1, images }));
  });
  return folder;
}
