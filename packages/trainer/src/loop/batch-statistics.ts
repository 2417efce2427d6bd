import { randomStream, shuffled, type Sample } from '@segloss/data/samples';
import { batchNormMomentum, recomputeBatchNormalization } from '@segloss/models';
import { type Tensor } from '@tensorflow/tfjs-core';

import { checkSamples, inGroups, loadGroups, toBatch } from './batches.js';
import { type NoteSubject, type ResolvedOptions } from './train-options.js';

/** Images from which the exact statistics of batch normalization are computed, at most. */
const STATISTICS_IMAGES = 1024;

/** Recomputes the statistics of batch normalization from training images, where the options ask for exact ones. */
export async function recomputeStatistics(
  { model, train, batchSize, seed, batchNormStatistics }: ResolvedOptions,
  change: ((sample: Sample) => Sample) | undefined,
): Promise<void> {
  if (batchNormStatistics !== 'exact') return;
  // In an order of its own: neighbors in a data set are often alike, and each batch is normalized by itself.
  const items = shuffled(train, randomStream(seed).fork('batch-statistics')).slice(0, STATISTICS_IMAGES);
  const { shape } = model.inputs[0]!;
  async function* batches(): AsyncGenerator<Tensor> {
    for await (const samples of loadGroups(inGroups(items, batchSize), change)) {
      checkSamples('train', samples, shape);
      const { images, labels } = toBatch(samples);
      labels.dispose();
      yield images;
    }
  }
  await recomputeBatchNormalization(model, batches());
}

/** What a user should know about batch normalization with these options and so many updates in an epoch; undefined if nothing. */
export function batchNormNote(
  { model, batchNormStatistics }: ResolvedOptions,
  updates: number,
): [text: string, about: NoteSubject] | undefined {
  const momentum = batchNormMomentum(model);
  if (momentum === undefined) {
    return batchNormStatistics === 'exact'
      ? ['batchNormStatistics: exact changes nothing: the model has no batch normalization', 'settings']
      : undefined;
  }
  const memory = Math.round(1 / (1 - momentum));
  if (batchNormStatistics !== 'running' || updates >= memory) return undefined;
  return [
    `an epoch has ${updates} updates, but the running averages of batch normalization reach back about ${memory} ` +
      `(momentum ${momentum}): early validations use statistics of older weights; set batchNormStatistics: exact`,
    'settings',
  ];
}
