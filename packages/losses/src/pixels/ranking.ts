import { cast, equal, mul, range, sum, topk, type Tensor2D } from '@tensorflow/tfjs-core';

import { VALUES_AT_RANKS_KERNEL } from '../statistics/contract.js';
import { hasFused, runFused } from '../statistics/fused.js';

/**
 * Of each row of `values` `[R, M]` the one at a rank, counted from 0 at the largest: `[R, 1]`, as the `ranks` are. Carries no gradient.
 *
 * @example
 * ```ts
 * valuesAtRanks(tf.tensor2d([[5, 1, 7, 7]]), tf.tensor2d([[2]])); // → [[5]]
 * ```
 */
export function valuesAtRanks(values: Tensor2D, ranks: Tensor2D): Tensor2D {
  if (hasFused(VALUES_AT_RANKS_KERNEL)) {
    return runFused(VALUES_AT_RANKS_KERNEL, { values, ranks });
  }
  const length = values.shape[1];
  const { values: falling } = topk(values, length, true);
  return sum(mul(falling, cast(equal(range(0, length), ranks), 'float32')), -1, true);
}
