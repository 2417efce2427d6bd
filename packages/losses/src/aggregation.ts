import { sum, type Tensor2D } from '@tensorflow/tfjs-core';

import { checkChoice } from './options.js';
import { type RegionStatistics, type StatisticName } from './types.js';

/** Whether sums belong to each image (then the loss is a mean over images) or to the batch as one image. */
export type Aggregation = 'perImage' | 'perBatch';

/** Option of losses that are not linear in their sums. */
export interface AggregationOption {
  /** `perImage`: sums of one image, then a mean over images; `perBatch`: the batch as one large image. */
  aggregation: Aggregation;
}

/** Throws unless the value is an aggregation. */
export function checkAggregation(name: string, value: unknown): void {
  checkChoice(name, 'aggregation', value, ['perImage', 'perBatch']);
}

/** The sums `[B, K]` of the images, or `[1, K]` of the batch. */
export function aggregate(statistics: RegionStatistics, aggregation: Aggregation): RegionStatistics {
  if (aggregation === 'perImage') return statistics;
  const pooled = Object.entries(statistics).map(([name, value]) => [name, sum(value, 0, true) as Tensor2D]);
  return Object.fromEntries(pooled) as Record<StatisticName, Tensor2D>;
}
