import { CaseError } from './faults.js';
import { checkLabel, checkSameSize, type Labels, type Probabilities } from './read-mask.js';

/** More values than this are a photograph, or probabilities, and no labels. */
const MAX_VALUES = 64;

/** Pixels of each value of a true mask. */
export type Counts = ReadonlyMap<number, number>;

/** Pixels, or summed probabilities, of each label of a prediction. */
export interface PredictedCounts {
  /** Where the truth is not the value that may mean ignored, and where it is. */
  readonly elsewhere: Counts;
  readonly whereIgnored: Counts;
}

/** Pixels of each value. */
export function countLabels({ file, values }: Labels): Counts {
  const counts = new Map<number, number>();
  const count = values.length;
  // Masks have long runs of one value, so the map is asked seldom.
  for (let start = 0, end = 0; start < count; start = end) {
    const value = values[start]!;
    while (end < count && values[end] === value) end++;
    if (end === start) end++; // NaN is no value, not even its own
    add(counts, value, end - start, file);
  }
  return counts;
}

/** Pixels of each predicted label. */
export function countPredicted(truth: Labels, predicted: Labels, ignored: number): PredictedCounts {
  checkSameSize(truth, predicted);
  const [elsewhere, whereIgnored] = [new Map<number, number>(), new Map<number, number>()];
  const { file, values } = predicted;
  const { values: labels } = truth;
  const count = values.length;
  for (let start = 0, end = 0; start < count; start = end) {
    const value = values[start]!;
    const isIgnored = labels[start] === ignored;
    while (end < count && values[end] === value && (labels[end] === ignored) === isIgnored) end++;
    if (end === start) end++;
    add(isIgnored ? whereIgnored : elsewhere, value, end - start, file);
  }
  return { elsewhere, whereIgnored };
}

function add(counts: Map<number, number>, value: number, pixels: number, file: string): void {
  const known = counts.get(value);
  if (known === undefined) {
    checkLabel(value, file);
    if (counts.size === MAX_VALUES) throw tooMany(file);
  }
  counts.set(value, (known ?? 0) + pixels);
}

function tooMany(file: string): CaseError {
  return new CaseError(
    'bad-label',
    `wanted labels in ${file}, got more than ${MAX_VALUES} values; a photograph, a mask resized with interpolation, or probabilities (then say --probabilities)`,
  );
}

/** Summed probabilities of background and foreground (one channel), or of every class. */
export function sumProbabilities(truth: Labels, predicted: Probabilities, ignored: number): PredictedCounts {
  checkSameSize(truth, predicted);
  const { values, channels, file } = predicted;
  const pixels = truth.values.length;
  const sums = [new Float64Array(Math.max(2, channels)), new Float64Array(Math.max(2, channels))];
  for (let c = 0; c < channels; c++) {
    const label = channels === 1 ? 1 : c;
    for (let i = 0; i < pixels; i++) {
      const value = values[c * pixels + i]!;
      if (!(value >= 0 && value <= 1)) {
        throw new CaseError('bad-label', `wanted probabilities from 0 to 1 in ${file}, got ${value}`);
      }
      const sum = sums[truth.values[i] === ignored ? 1 : 0]!;
      sum[label]! += value;
      if (channels === 1) sum[0]! += 1 - value;
    }
  }
  const total = sums.reduce((all, sum) => all + sum.reduce((a, b) => a + b, 0), 0);
  if (Math.abs(total / pixels - 1) > 0.01) {
    throw new CaseError(
      'bad-label',
      `wanted the probabilities of the ${channels} classes in ${file} to sum to 1, got ${(total / pixels).toFixed(3)}; classes that overlap are not read`,
    );
  }
  const [elsewhere, whereIgnored] = sums.map(
    (sum) => new Map([...sum].map((value, label) => [label, value])),
  );
  return { elsewhere: elsewhere!, whereIgnored: whereIgnored! };
}
