/** Rounding of float16 and 8-bit probabilities; a larger difference from 1 means that these are no probabilities. */
const SUM_TOLERANCE = 5e-3;
const RANGE_TOLERANCE = 1e-6;

/** Throws unless the value is a probability. */
export function checkProbability(caller: string, value: number, pixel: number): void {
  if (value >= -RANGE_TOLERANCE && value <= 1 + RANGE_TOLERANCE) return;
  throw new RangeError(
    `${caller}: wanted probabilities from 0 to 1, got ${value} at pixel ${pixel}; apply softmax or sigmoid to logits first`,
  );
}

/** Throws unless the probabilities of a pixel sum to 1. */
export function checkSum(caller: string, sum: number, pixel: number): void {
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return;
  throw new RangeError(
    `${caller}: wanted probabilities that sum to 1 in every pixel, got ${sum} at pixel ${pixel}; score overlapping classes one by one`,
  );
}
