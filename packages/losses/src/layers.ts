import { type Tensor } from '@tensorflow/tfjs-core';

import { type InputOptions, type Loss } from './types.js';

/** A loss for `LayersModel.compile`, with the callback that moves its schedules. */
export interface LayersLoss {
  (yTrue: Tensor, yPred: Tensor): Tensor;
  /** Pass to `model.fit(..., { callbacks: loss.callbacks })` when a weight is scheduled. */
  readonly callbacks: { onEpochBegin(epoch: number): Promise<void> };
}

/**
 * A loss in the form that `LayersModel.compile({ loss })` takes.
 *
 * The model must return logits. `fit` wants targets in the output's shape: class probabilities `[B, ...spatial, K]`
 * (`tf.oneHot`; all-zero rows are ignored pixels), or `[B, ...spatial, 1]` for one channel.
 *
 * @param loss A loss; with scheduled weights also give `loss.callbacks` to `fit`.
 * @param options Mode and ignore index, for all terms.
 *
 * @example
 * ```ts
 * const loss = forLayers(compound(crossEntropy(), marginalL1({ temperature: 10 })));
 * const targets = tf.oneHot(tf.tensor2d([[0, 1]], [1, 2], 'int32'), 2);
 * loss(targets, tf.zeros([1, 2, 2])); // → 0.6931
 * ```
 */
export function forLayers(loss: Loss, options: InputOptions = {}): LayersLoss {
  let current = 0; // fit tells a loss no epoch; the callback does
  const layersLoss = (yTrue: Tensor, yPred: Tensor): Tensor =>
    loss(yTrue, yPred, { ...options, epoch: current });
  return Object.assign(layersLoss, {
    callbacks: {
      async onEpochBegin(epoch: number) {
        current = epoch;
      },
    },
  });
}
