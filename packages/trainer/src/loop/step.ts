import { type Sample } from '@segloss/data/samples';
import { deepSupervision, type Loss } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { toBatch } from './batches.js';

/** Loss, terms and gradients of one batch. */
export interface BatchOutcome {
  readonly loss: number;
  /** Each term without its weight. */
  readonly terms: Record<string, number>;
  /** In the order of the variables; to be disposed. */
  readonly gradients: tf.Tensor[];
}

/**
 * Computes loss, terms and gradients; reads loss and terms from the device together.
 *
 * @param model With several outputs, their losses count 1, 1/2, 1/4, ... scaled to the sum 1, as in nnU-Net.
 */
export async function lossAndGradients(
  model: LayersModel,
  variables: tf.Variable[],
  loss: Loss,
  samples: readonly Sample[],
  epoch: number,
): Promise<BatchOutcome> {
  let names: string[] = [];
  const [numbers, ...gradients] = tf.tidy(() => {
    const { images, labels } = toBatch(samples);
    let parts: Record<string, tf.Scalar> = {};
    const { value, grads } = tf.variableGrads(() => {
      const logits = model.apply(images, { training: true }) as tf.Tensor | tf.Tensor[];
      const { total, terms } = Array.isArray(logits)
        ? supervised(loss, logits.length).evaluate(labels, logits, { epoch })
        : loss.evaluate(labels, logits, { epoch });
      for (const term of Object.values(terms)) tf.keep(term);
      parts = terms;
      return total;
    }, variables);
    names = Object.keys(parts);
    const numbers = tf.stack([value, ...Object.values(parts)]);
    tf.dispose(parts);
    return [numbers, ...variables.map(({ name, shape }) => grads[name] ?? tf.zeros(shape))];
  });
  const [total, ...values] = await numbers!.data();
  numbers!.dispose();
  return { loss: total!, terms: Object.fromEntries(names.map((name, i) => [name, values[i]!])), gradients };
}

function supervised(loss: Loss, outputs: number) {
  const weights = Array.from({ length: outputs }, (_, level) => 2 ** -level);
  return deepSupervision(loss, { weights, normalized: true });
}
