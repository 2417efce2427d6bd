import { tensor4d, type Tensor } from '@tensorflow/tfjs-core';

import { descend, type Descent } from './descend.js';
import { type Meter, type Reading } from './meter.js';
import { MAP_SIDE, posteriorOf, type PosteriorMap } from './posterior-maps.js';
import { type PosteriorResult } from './types.js';

const STEPS = 40;
/** Beyond it a sigmoid is 0 or 1 to seven digits. */
const LIMIT = 16;

/** The prediction that minimizes the expected loss of one image, and its volume; undefined for a loss without gradient. */
export async function posteriorResult(meter: Meter, map: PosteriorMap): Promise<PosteriorResult | undefined> {
  const where = `posterior ${map.name}`;
  const shape = [MAP_SIDE, MAP_SIDE, 1] as const;
  const all = tensor4d(join(map.labels), [map.labels.length, ...shape], 'int32');
  const single = map.labels.map((labels) => tensor4d(labels, [1, ...shape], 'int32'));
  try {
    const together = (z: Float32Array) => meter.read(where, all, z);
    const apart = (z: Float32Array) => meanReading(meter, where, single, z);
    const expected = (await isMeanOfImages(together, apart)) ? together : apart;
    const found: Descent[] = [];
    for (const start of [new Float64Array(MAP_SIDE * MAP_SIDE), likeliest(map)]) {
      const descent = await descend(start, expected, { steps: STEPS, limit: LIMIT });
      if (descent === undefined) return undefined;
      found.push(descent);
    }
    return describe(map, found[1]!.value < found[0]!.value ? found[1]! : found[0]!);
  } finally {
    all.dispose();
    for (const labels of single) labels.dispose();
  }
}

/**
 * Logits of the posterior itself, which cross-entropy ends at. From a flat start a term with an edge, such as L1 of the sizes, can hold
 * a search before it tells the pixels apart.
 */
function likeliest(map: PosteriorMap): Float64Array {
  return Float64Array.from(posteriorOf(map), (share) => {
    const held = Math.min(0.99, Math.max(0.01, share));
    return Math.log(held / (1 - held));
  });
}

/** Whether the loss of a batch is the mean over its images: then one pass does for all readers. */
async function isMeanOfImages(...ways: readonly ((z: Float32Array) => Promise<Reading>)[]): Promise<boolean> {
  const z = Float32Array.from({ length: MAP_SIDE * MAP_SIDE }, (_, i) => 2 * Math.sin(1.7 * i));
  const [a, b] = [await ways[0]!(z), await ways[1]!(z)];
  return Math.abs(a.value - b.value) <= 1e-5 * Math.abs(b.value) + 1e-7;
}

async function meanReading(
  meter: Meter,
  where: string,
  labels: readonly Tensor[],
  z: Float32Array,
): Promise<Reading> {
  const readings: Reading[] = [];
  for (const one of labels) readings.push(await meter.read(where, one, z));
  const mean = (of: (reading: Reading) => number) =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length;
  const gradient = readings.every((reading) => reading.gradient)
    ? z.map((_, i) => mean((reading) => reading.gradient![i]!))
    : undefined;
  return { value: mean(({ value }) => value), gradient };
}

function describe(
  map: PosteriorMap,
  { x, before, value }: { x: Float64Array; before: Float64Array; value: number },
): PosteriorResult {
  const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
  const posterior = posteriorOf(map);
  const prediction = Array.from(x, sigmoid);
  const volume = mean(posterior);
  const [soft, hard] = [mean(prediction), mean(prediction.map((s) => (s > 0.5 ? 1 : 0)))];
  const unrest = x.reduce((most, z, i) => Math.max(most, Math.abs(sigmoid(z) - sigmoid(before[i]!))), 0);
  return {
    name: map.name,
    size: MAP_SIDE,
    posterior,
    prediction,
    volume,
    soft,
    hard,
    softRatio: soft / volume,
    hardRatio: hard / volume,
    value,
    unrest,
    threshold: thresholdOf(posterior, prediction),
  };
}

/** Between the most likely pixel that is out and the least likely one that is in. */
function thresholdOf(
  posterior: readonly number[],
  prediction: readonly number[],
): PosteriorResult['threshold'] {
  const low = posterior.reduce((most, share, i) => (prediction[i]! > 0.5 ? most : Math.max(most, share)), 0);
  const high = posterior.reduce(
    (least, share, i) => (prediction[i]! > 0.5 ? Math.min(least, share) : least),
    1,
  );
  const all = prediction.every((each) => each > 0.5) || prediction.every((each) => each <= 0.5);
  return low < high || all ? { low, high } : null;
}

const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;

function join(lists: readonly Int32Array[]): Int32Array {
  return Int32Array.from(lists.flatMap((list) => Array.from(list)));
}
