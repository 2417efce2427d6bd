import { type Tensor } from '@tensorflow/tfjs-core';

import { type InputOptions, type Loss } from './types.js';

/** A loss for `LayersModel.compile`, with the callback that moves its schedules. */
export interface LayersLoss {
  (yTrue: Tensor, yPred: Tensor): Tensor;
  /** Pass to `model.fit(..., { callbacks: loss.callbacks })` when a weight is scheduled. */
  readonly callbacks: { onEpochBegin(epoch: number): Promise<void> };
}

/**
 * Returns the loss as `LayersModel.compile({ loss })` takes it, with options, and with the callback that moves scheduled weights.
 *
 * The model must return logits: no softmax at its end. `fit` requires targets in the output's shape: class probabilities
 * `[B, ...spatial, K]` (`tf.oneHot`; all-zero rows are ignored pixels), or `[B, ...spatial, 1]` for one channel.
 *
 * A loss without options of its own and without a schedule can also be compiled as it is: `compile` calls it in the same order, (labels,
 * logits), with the same value. A schedule would stay at epoch 0 there, and warns.
 *
 * @param loss A loss. If a weight is scheduled, pass the `callbacks` of the result to `fit`.
 * @param options Mode and ignored label, for all terms.
 *
 * @example
 * ```ts
 * const loss = forLayers(compound(crossEntropy(), marginalL1({ temperature: 10 })));
 * const targets = tf.oneHot(tf.tensor2d([[0, 1]], [1, 2], 'int32'), 2);
 * loss(targets, tf.zeros([1, 2, 2])); // → 0.6931
 * ```
 */
export function forLayers(loss: Loss, options: InputOptions = {}): LayersLoss {
  let current: number | undefined; // fit passes no epoch to a loss; the callback does
  const layersLoss = (yTrue: Tensor, yPred: Tensor): Tensor =>
    loss(yTrue, yPred, { ...options, ...(current !== undefined && { epoch: current }) });
  return Object.assign(layersLoss, {
    callbacks: {
      async onEpochBegin(epoch: number) {
        current = epoch;
      },
    },
  });
}
