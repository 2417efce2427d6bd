import { sum, type Tensor2D } from '@tensorflow/tfjs-core';

import { checkChoice } from './checks.js';

/** Whether sums belong to each image (then the loss is a mean over images) or to the batch as one image. */
export type Aggregation = 'perImage' | 'perBatch';

/** Option of losses that are not linear in their sums. */
export interface AggregationOption {
  /** `perImage`: sums of one image, then a mean over images; `perBatch`: the batch as one large image. */
  aggregation: Aggregation;
}

/** Option of losses that are means over pixels. */
export interface NormalizeOption {
  /** What the mean divides by: the (weights of the) `valid` pixels, or `all` of them, ignored ones too, as some libraries do. */
  normalizeBy: 'valid' | 'all';
}

/** Throws unless the value is an aggregation. */
export function checkAggregation(name: string, value: unknown): void {
  checkChoice(name, 'aggregation', value, ['perImage', 'perBatch']);
}

/** The sums `[B, K]` of the images, or `[1, K]` of the batch. */
export function aggregate<N extends string>(
  sums: Record<N, Tensor2D>,
  aggregation: Aggregation,
): Record<N, Tensor2D> {
  if (aggregation === 'perImage') return sums;
  const pooled = Object.entries<Tensor2D>(sums).map(([name, value]) => [name, sum(value, 0, true)]);
  return Object.fromEntries(pooled) as Record<N, Tensor2D>;
}
