import { patchOptions } from '../config/schema-data.js';
import { type RunConfig } from '../config/schema.js';

/** How long a training is. */
export interface TrainingLength {
  readonly epochs: number;
  /** Updates of the weights in an epoch. */
  readonly stepsPerEpoch: number;
}

/**
 * Returns how many epochs a run trains. A budget of updates gives the number of epochs whose updates come closest to it, at least 1.
 *
 * @param samples Training images, or patches of volumes, in an epoch.
 */
export function trainingLength(
  { batchSize, gradient, epochs, updates }: Pick<RunConfig, 'batchSize' | 'gradient' | 'epochs' | 'updates'>,
  samples: number,
): TrainingLength {
  const stepsPerEpoch = Math.ceil(samples / (batchSize * gradient.accumulate));
  return { stepsPerEpoch, epochs: epochs ?? Math.max(1, Math.round(updates! / stepsPerEpoch)) };
}

/** Returns how many samples an epoch has of some training images: of each volume several patches, where patches are trained. */
export function samplesOf(config: Pick<RunConfig, 'data'>, images: number): number {
  return config.data.volumes === 'patches' ? images * patchOptions(config).perVolume : images;
}
