import { randomStream, shuffled } from '@segloss/data/samples';

import { inGroups, type TrainingItem } from './batches.js';

/** What decides which images each update has. */
export interface OrderOptions {
  readonly seed: number;
  readonly batchSize: number;
  readonly gradient: { readonly accumulate: number };
}

/** The images of each update of an epoch, in their order. */
export function updatesOf<T extends TrainingItem>(
  train: readonly T[],
  epoch: number,
  { seed, batchSize, gradient }: OrderOptions,
): T[][] {
  return inGroups(
    shuffled(train, randomStream(seed).fork(`order-${epoch}`)),
    batchSize * gradient.accumulate,
  );
}
