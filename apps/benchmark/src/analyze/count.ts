import { forEachRun, Tally } from '@segloss/common';

import { CaseError } from './faults.js';
import { inOrderOfTruth, type Labels, type Probabilities } from './read-mask.js';

/** Pixels, or summed probabilities, of each label, where the true label is not the ignored one. */
export type Counts = ReadonlyMap<number, number>;

/** Pixels of each true label. */
export function countTruth({ values }: Labels, ignored: number | undefined): Counts {
  const tally = new Tally();
  forEachRun(values, values, (label, _, start, end) => {
    if (label !== ignored) tally.add(label, end - start);
  });
  return new Map(tally.entries());
}

/** Pixels of each predicted label where the truth counts, and those that are right. */
export function countPredicted(
  truth: Labels,
  predicted: Labels,
  ignored: number | undefined,
): { readonly counts: Counts; readonly overlaps: Counts } {
  const values = inOrderOfTruth(truth, predicted);
  const [counts, overlaps] = [new Tally(), new Tally()];
  forEachRun(values, truth.values, (value, label, start, end) => {
    if (label === ignored) return;
    counts.add(value, end - start);
    if (value === label) overlaps.add(value, end - start);
  });
  return { counts: new Map(counts.entries()), overlaps: new Map(overlaps.entries()) };
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
