import { CaseError } from './faults.js';
import { isBlurred, type Counts, type PredictedCounts } from './counts.js';
import { checkLabel, inOrderOfTruth, type Labels, type Probabilities } from './read-mask.js';

/** More values than this in an image, without names of classes, are a photograph or probabilities and no labels. */
const MAX_VALUES = 64;

/** Pixels of each value. @throws {CaseError} If values are no labels; `named`: whether the caller names the classes. */
export function countLabels({ file, values, volume }: Labels, named: boolean): Counts {
  const counts = new Map<number, number>();
  const count = values.length;
  // Masks have long runs of one value, so the map is asked seldom.
  for (let start = 0, end = 0; start < count; start = end) {
    const value = values[start]!;
    while (end < count && values[end] === value) end++;
    if (end === start) end++; // NaN is no value, not even its own
    add(counts, value, end - start, file);
  }
  if (!named && volume === undefined) checkFew([counts], file);
  return counts;
}

/** Pixels of each predicted label. */
export function countPredicted(
  truth: Labels,
  predicted: Labels,
  ignored: number,
  named: boolean,
): PredictedCounts {
  const values = inOrderOfTruth(truth, predicted);
  const [elsewhere, whereIgnored] = [new Map<number, number>(), new Map<number, number>()];
  const { file, volume } = predicted;
  const { values: labels } = truth;
  const count = values.length;
  for (let start = 0, end = 0; start < count; start = end) {
    const value = values[start]!;
    const isIgnored = labels[start] === ignored;
    while (end < count && values[end] === value && (labels[end] === ignored) === isIgnored) end++;
    if (end === start) end++;
    add(isIgnored ? whereIgnored : elsewhere, value, end - start, file);
  }
  if (!named && volume === undefined) checkFew([elsewhere, whereIgnored], file);
  return { elsewhere, whereIgnored };
}

function add(counts: Map<number, number>, value: number, pixels: number, file: string): void {
  const known = counts.get(value);
  if (known === undefined) checkLabel(value, file);
  counts.set(value, (known ?? 0) + pixels);
}

/** Throws where an image holds so many values that they are no labels; blurred edges of white regions may. */
function checkFew(counts: readonly Counts[], file: string): void {
  const values = new Set(counts.flatMap((part) => [...part.keys()]));
  if (values.size <= MAX_VALUES || isBlurred(counts)) return;
  throw new CaseError(
    'bad-label',
    `wanted labels in ${file}, got ${values.size} values; a photograph, a mask resized with interpolation, or probabilities (then say --probabilities); if they are labels, name them: --classes`,
  );
}

/** Summed probabilities of background and foreground (one channel), or of every class. */
export function sumProbabilities(truth: Labels, predicted: Probabilities, ignored: number): PredictedCounts {
  const { channels, file } = predicted;
  const values = inOrderOfTruth(truth, predicted, channels);
  const pixels = truth.values.length;
  const sums = [new Float64Array(Math.max(2, channels)), new Float64Array(Math.max(2, channels))];
  for (let i = 0; i < pixels; i++) {
    const sum = sums[truth.values[i] === ignored ? 1 : 0]!;
    let total = 0;
    for (let c = 0; c < channels; c++) {
      const value = values[c * pixels + i]!;
      if (!(value >= 0 && value <= 1 + 1e-6)) {
        throw new CaseError('bad-label', `wanted probabilities from 0 to 1 in ${file}, got ${value}`);
      }
      total += value;
      sum[channels === 1 ? 1 : c]! += value;
    }
    if (channels === 1) sum[0]! += 1 - total;
    else if (Math.abs(total - 1) > 0.01) {
      throw new CaseError(
        'bad-label',
        `wanted the probabilities of the ${channels} classes in ${file} to sum to 1 in every pixel, got ${total.toFixed(3)}; classes that overlap are not read`,
      );
    }
  }
  const [elsewhere, whereIgnored] = sums.map(
    (sum) => new Map([...sum].map((value, label) => [label, value])),
  );
  return { elsewhere: elsewhere!, whereIgnored: whereIgnored! };
}
