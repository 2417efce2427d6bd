import { CaseError } from './faults.js';
import { inOrderOfTruth, type Labels, type Probabilities } from './read-mask.js';

/** Pixels, or summed probabilities, of each label, where the true label is not the ignored one. */
export type Counts = ReadonlyMap<number, number>;

/** Pixels of each true label. */
export function countTruth({ values }: Labels, ignored: number | undefined): Counts {
  return countRuns(values, values, ignored);
}

/** Pixels of each predicted label where the truth counts, and those that are right. */
export function countPredicted(
  truth: Labels,
  predicted: Labels,
  ignored: number | undefined,
): { readonly counts: Counts; readonly overlaps: Counts } {
  const values = inOrderOfTruth(truth, predicted);
  const overlaps = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== truth.values[i] || value === ignored) continue;
    overlaps.set(value, (overlaps.get(value) ?? 0) + 1);
  }
  return { counts: countRuns(values, truth.values, ignored), overlaps };
}

/** Masks have long runs of one value, so the map is used seldom. */
function countRuns(values: ArrayLike<number>, truth: ArrayLike<number>, ignored: number | undefined): Counts {
  const counts = new Map<number, number>();
  const count = values.length;
  for (let start = 0, end = 1; start < count; start = end++) {
    const [value, label] = [values[start]!, truth[start]!];
    while (end < count && values[end] === value && truth[end] === label) end++;
    if (label !== ignored) counts.set(value, (counts.get(value) ?? 0) + end - start);
  }
  return counts;
}

/** Summed probabilities of background and foreground (one channel), or of every class. */
export function sumProbabilities(
  truth: Labels,
  predicted: Probabilities,
  ignored: number | undefined,
): Counts {
  const { channels, file } = predicted;
  const values = inOrderOfTruth(truth, predicted, channels);
  const pixels = truth.values.length;
  const sums = new Float64Array(Math.max(2, channels));
  for (let i = 0; i < pixels; i++) {
    const counts = truth.values[i] !== ignored;
    let total = 0;
    for (let c = 0; c < channels; c++) {
      const value = values[c * pixels + i]!;
      if (!(value >= 0 && value <= 1 + 1e-6)) {
        throw new CaseError('bad-label', `wanted probabilities from 0 to 1 in ${file}, got ${value}`);
      }
      total += value;
      if (counts) sums[channels === 1 ? 1 : c]! += value;
    }
    if (channels > 1 && Math.abs(total - 1) > 0.01) {
      throw new CaseError(
        'bad-label',
        `wanted the probabilities of the ${channels} classes in ${file} to sum to 1 in every pixel, got ${total.toFixed(3)}; classes that overlap are not read`,
      );
    }
    if (channels === 1 && counts) sums[0]! += 1 - total;
  }
  return new Map([...sums].map((value, label) => [label, value]));
}
