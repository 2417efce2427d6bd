import { engine, KernelBackend, type Tensor } from '@tensorflow/tfjs-core';

import { DEFAULT_IGNORE_INDEX } from './ignored.js';

/** What a check of label values knows of the call. */
export interface ValueCheck {
  readonly caller: string;
  readonly ignoreIndex: number;
  /** Whether the ignored label was set by the caller and is not the default. */
  readonly explicit: boolean;
}

/**
 * Whether values can be read back without waiting: a backend that hands out GPU buffers keeps tensors on a GPU, where reading
 * stalls or is not possible synchronously. Label values are checked on the others only.
 */
function readsSynchronously(): boolean {
  return engine().backend.readToGPU === KernelBackend.prototype.readToGPU;
}

/** Throws unless labels are whole class indices; negatives and the ignored label are fine. One pass. */
export function checkIndices(labels: Tensor, classes: number, check: ValueCheck): void {
  if (!readsSynchronously()) return;
  const values = labels.dataSync();
  let ignored = 0;
  let largest = -1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === check.ignoreIndex) ignored++;
    else if (value > largest) largest = value;
    // NaN differs from its floor too.
    if (value !== Math.floor(value)) {
      refuse(check, 'whole class indices', value, 'round labels, or resize masks by the nearest pixel');
    }
  }
  checkLargestIndex(largest, classes, check);
  if (classes === 2 && largest === 0 && ignored > 0) warnOfWhite(check);
}

/** {@link checkIndices} where a kernel has found the largest index. */
export function checkLargestIndex(largest: number, classes: number, check: ValueCheck): void {
  if (largest < classes) return;
  const remedy = largest === 255 && classes === 2 ? 'divide 0/255 masks by 255' : 'map or ignore such labels';
  refuse(check, `class indices from 0 to ${classes - 1}`, largest, `${remedy}, or set ignoreIndex`);
}

/** Reads the largest index that a kernel has found; without foreground, looks whether 255 was meant as such. */
export function checkReadIndices(labels: Tensor, found: Tensor, classes: number, check: ValueCheck): void {
  if (!readsSynchronously()) return;
  const largest = found.dataSync()[0]!;
  checkLargestIndex(largest, classes, check);
  if (classes === 2 && largest <= 0 && !hasWarned) checkIndices(labels, classes, check);
}

/** Throws unless labels of sigmoid channels are from 0 to 1, whole negatives, or ignored. One pass. */
export function checkUnitLabels(labels: Tensor, check: ValueCheck, binary: boolean): void {
  if (!readsSynchronously()) return;
  const values = labels.dataSync();
  let ignored = 0;
  let zeros = 0;
  let others = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === check.ignoreIndex) ignored++;
    else if (value === 0) zeros++;
    else if (value > 0 && value <= 1) others++;
    else if (value > 1 || value !== Math.floor(value)) {
      const remedy = value === 255 ? 'divide 0/255 masks by 255' : 'map or ignore such labels';
      refuse(check, 'labels from 0 to 1', value, `${remedy}, or set ignoreIndex`);
    }
  }
  if (binary && others === 0 && zeros > 0 && ignored > 0) warnOfWhite(check);
}

/** {@link checkUnitLabels} where a kernel has found which kinds of labels there are. */
export function checkReadUnitLabels(labels: Tensor, found: Tensor, check: ValueCheck, binary: boolean): void {
  if (!readsSynchronously()) return;
  const [ignored, zeros, others, invalid] = found.dataSync();
  if (invalid) checkUnitLabels(labels, check, binary); // says which one
  if (binary && !others && zeros && ignored) warnOfWhite(check);
}

/** Throws unless each row of class probabilities is all 0 (ignored), or at least 0 with the sum 1. One pass. */
export function checkProbabilities(labels: Tensor, classes: number, check: ValueCheck): void {
  if (!readsSynchronously()) return;
  const values = labels.dataSync();
  for (let start = 0; start < values.length; start += classes) {
    let total = 0;
    let least = 0;
    for (let i = start; i < start + classes; i++) {
      const value = values[i]!;
      total += value;
      if (value < least) least = value;
    }
    if (least < 0) {
      refuse(check, 'probabilities of at least 0', least, 'give ignored pixels a row of zeros');
    }
    if (total !== 0 && !(Math.abs(total - 1) <= SUM_TOLERANCE)) {
      const row = Array.from(values.subarray(start, start + classes)).join(', ');
      refuse(
        check,
        'class probabilities with the sum 1 at each pixel',
        `[${row}]`,
        'divide by the sum, give ignored pixels a row of zeros, or use mode multilabel',
      );
    }
  }
}

const SUM_TOLERANCE = 1e-3;

function refuse(
  { caller, ignoreIndex }: ValueCheck,
  wanted: string,
  got: number | string,
  remedy: string,
): never {
  throw new RangeError(`${caller}: wanted ${wanted} (ignoreIndex ${ignoreIndex}), got ${got}; ${remedy}`);
}

let hasWarned = false;

/** Says once that a batch of 0 and 255 has no foreground; one batch may have it so, a whole data set hardly does. */
function warnOfWhite({ caller, explicit }: ValueCheck): void {
  if (hasWarned || explicit) return;
  hasWarned = true;
  console.warn(
    `${caller}: the labels of a batch are only 0 and ${DEFAULT_IGNORE_INDEX}, and ${DEFAULT_IGNORE_INDEX} is ignored, so it has no ` +
      `foreground. If 255 is the foreground, divide the masks by 255; if it is meant to be ignored, set ignoreIndex: 255. ` +
      `This warning appears once.`,
  );
}

/** Calls that are looked at: the mistakes that {@link warnOfMistakes} names are in the first or in none. */
const LOOKS = 8;
let looks = 0;

/** Says once that the labels and the logits of a batch are swapped, or that logits are probabilities. */
export function warnOfMistakes(
  caller: string,
  labels: Tensor,
  logits: Tensor,
  { classes, softmax }: { readonly classes: number; readonly softmax: boolean },
): void {
  if (looks >= LOOKS || !readsSynchronously()) return;
  looks++;
  const scores = logits.dataSync();
  const warning =
    labels.size === logits.size && areSwapped(labels.dataSync(), scores)
      ? 'the logits of a batch are 0 and 1 only, and the labels are not. The order is (labels, logits): swap the arguments.'
      : softmax && areProbabilities(scores, classes)
        ? 'the logits of a batch are between 0 and 1 and sum to 1 at every pixel, as probabilities do. Losses apply the softmax ' +
          'themselves: pass the scores before it, and remove the softmax activation of the last layer.'
        : undefined;
  if (warning === undefined) return;
  looks = LOOKS;
  console.warn(`${caller}: ${warning} This warning appears once.`);
}

type Values = ArrayLike<number>;

/** Whether the scores are masks of 0 and 1, both of them, and the labels fractions, as after a softmax or a sigmoid. */
function areSwapped(labels: Values, scores: Values): boolean {
  let [zeros, ones, fractions] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] === 0) zeros++;
    else if (scores[i] === 1) ones++;
    else return false;
    if (labels[i]! > 0 && labels[i]! < 1) fractions++;
  }
  return zeros > 0 && ones > 0 && fractions > 0;
}

/** Whether the scores of each pixel are at least 0 and sum to 1. */
function areProbabilities(scores: Values, classes: number): boolean {
  if (scores.length < 2 * classes) return false;
  let isFractional = false; // one-hot scores are most likely written by hand
  for (let start = 0; start < scores.length; start += classes) {
    let total = 0;
    for (let i = start; i < start + classes; i++) {
      if (!(scores[i]! >= 0)) return false;
      if (scores[i]! % 1 !== 0) isFractional = true;
      total += scores[i]!;
    }
    if (!(Math.abs(total - 1) <= SUM_TOLERANCE)) return false;
  }
  return isFractional;
}
