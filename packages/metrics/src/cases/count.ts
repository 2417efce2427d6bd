import { checkProbability, checkSum } from '../probabilities.js';
import { checkLabel, type ResolvedCase } from './check.js';

/** Sums over the pixels that count, one entry for each class. */
export interface CaseCounts {
  readonly pixels: Float64Array;
  readonly target: Float64Array;
  readonly predicted: Float64Array;
  readonly overlap: Float64Array;
  readonly softPredicted: Float64Array;
  readonly softOverlap: Float64Array;
}

/** Counts a case and checks every value that counts; values at ignored pixels are not looked at. */
export function countCase(options: ResolvedCase): CaseCounts {
  const K = options.classes.length;
  const sums = (): Float64Array => new Float64Array(K);
  const counts: CaseCounts = {
    pixels: sums(),
    target: sums(),
    predicted: sums(),
    overlap: sums(),
    softPredicted: sums(),
    softOverlap: sums(),
  };
  if (options.mode === 'multilabel') countMultilabel(options, counts);
  else countMulticlass(options, counts);
  return counts;
}

function countMulticlass(options: ResolvedCase, counts: CaseCounts): void {
  const { id, truth, predicted, probabilities, classes, ignoreIndex, size } = options;
  const K = classes.length;
  const single = probabilities?.length === size;
  let pixels = 0;
  for (let i = 0; i < size; i++) {
    const [t, p] = [truth[i]!, predicted[i]!];
    if (isIgnored(t, ignoreIndex)) continue;
    checkLabel('true', t, K - 1, id, i);
    checkLabel('predicted', p, K - 1, id, i);
    pixels++;
    counts.target[t]!++;
    counts.predicted[p]!++;
    if (t === p) counts.overlap[t]!++;
    if (probabilities === undefined) continue;
    if (single) addSingle(counts, probabilities[i]!, t, id, i);
    else addRow(counts, probabilities, K, t, id, i);
  }
  counts.pixels.fill(pixels);
}

/** The probability of the second of two classes. */
function addSingle(counts: CaseCounts, value: number, label: number, id: string, pixel: number): void {
  checkProbability(`scoreCase of ${id}`, value, pixel);
  counts.softPredicted[0]! += 1 - value;
  counts.softPredicted[1]! += value;
  counts.softOverlap[label]! += label === 1 ? value : 1 - value;
}

/** One probability for each class. */
function addRow(
  counts: CaseCounts,
  probabilities: ArrayLike<number>,
  K: number,
  label: number,
  id: string,
  pixel: number,
): void {
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const value = probabilities[pixel * K + k]!;
    checkProbability(`scoreCase of ${id}`, value, pixel);
    sum += value;
    counts.softPredicted[k]! += value;
  }
  checkSum(`scoreCase of ${id}`, sum, pixel);
  counts.softOverlap[label]! += probabilities[pixel * K + label]!;
}

function countMultilabel(options: ResolvedCase, counts: CaseCounts): void {
  const { id, truth, predicted, probabilities, classes, ignoreIndex, size } = options;
  const K = classes.length;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < K; k++) {
      const at = i * K + k;
      const [t, p] = [truth[at]!, predicted[at]!];
      if (isIgnored(t, ignoreIndex)) continue;
      checkLabel('true', t, 1, id, i);
      checkLabel('predicted', p, 1, id, i);
      counts.pixels[k]!++;
      counts.target[k]! += t;
      counts.predicted[k]! += p;
      counts.overlap[k]! += t * p;
      if (probabilities === undefined) continue;
      const value = probabilities[at]!;
      checkProbability(`scoreCase of ${id}`, value, i);
      counts.softPredicted[k]! += value;
      counts.softOverlap[k]! += t * value;
    }
  }
}

/** Whether a true label excludes its pixel: the label to ignore, or a negative one (as for the losses). */
export function isIgnored(label: number, ignoreIndex: number): boolean {
  return label === ignoreIndex || (label < 0 && Number.isInteger(label));
}
