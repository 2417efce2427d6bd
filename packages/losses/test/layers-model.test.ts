// Losses in LayersModel.compile, with and without forLayers.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { forLayers, parseLoss, perComponent } from '@segloss/losses';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';

let warn: jest.SpiedFunction<typeof console.warn>;
beforeEach(() => {
  warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => warn.mockRestore());

type LossOfLayers = (labels: tf.Tensor, logits: tf.Tensor) => tf.Tensor;

/** The losses that fit reports for three epochs, in which nothing is learned. */
async function lossesOf(
  loss: LossOfLayers,
  callbacks?: ReturnType<typeof forLayers>['callbacks'],
): Promise<number[]> {
  const size: [number, number, number] = [1, 2, 1];
  const conv = layers.conv2d({ inputShape: size, filters: 2, kernelSize: 1, kernelInitializer: 'zeros' });
  const model = sequential({ layers: [conv] });
  model.compile({ optimizer: tf.train.sgd(0), loss });
  const targets = tf.oneHot(tf.tensor3d([[[0, 0]]], undefined, 'int32'), 2);
  const history = await model.fit(tf.ones([1, ...size]), targets, {
    epochs: 3,
    verbose: 0,
    ...(callbacks && { callbacks }),
  });
  return history.history.loss as number[];
}

describe('a loss in LayersModel.compile', () => {
  // Uniform outputs: the cross-entropy is log 2, and the sizes differ by 1/2 from 1 and from 0: l1 is their mean, 1/2.
  const [ce, l1] = [Math.LN2, 0.5];
  const scheduled = 'ce + geometric(start=0.1,factor=10,every=1)*l1';

  it('has the same value with and without forLayers', async () => {
    for (const loss of [parseLoss('ce + l1'), forLayers(parseLoss('ce + l1'))]) {
      const values = await lossesOf(loss);
      expect(values).toEqual([1, 2, 3].map(() => expect.closeTo(ce + l1, 5)));
    }
    expect(warn).not.toHaveBeenCalled();
  });

  it('moves its schedule by the callbacks of forLayers', async () => {
    const loss = forLayers(parseLoss(scheduled));
    const values = await lossesOf(loss, loss.callbacks);
    expect(values).toEqual([0.1, 1, 10].map((weight) => expect.closeTo(ce + weight * l1, 5)));
    expect(warn).not.toHaveBeenCalled();
  });

  it.each<[string, () => LossOfLayers]>([
    ['without forLayers', () => parseLoss(scheduled)],
    ['without its callbacks', () => forLayers(parseLoss(scheduled))],
  ])('warns once of a schedule %s, which stays at epoch 0', async (_, make) => {
    const values = await lossesOf(make());
    expect(values).toEqual([1, 2, 3].map(() => expect.closeTo(ce + 0.1 * l1, 5)));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toContain('compile forLayers(loss) and pass its callbacks to fit');
  });

  it('warns of a schedule within a wrapped loss too, and of none where the epoch is passed', () => {
    const loss = perComponent(parseLoss(`ce + geometric(start=1,factor=2,every=1)*dice`));
    const labels = tf.tensor3d([[[0, 1]]], [1, 1, 2], 'int32');
    loss(labels, tf.zeros([1, 1, 2, 2]), { epoch: 2 });
    expect(warn).not.toHaveBeenCalled();
    loss.evaluate(labels, tf.zeros([1, 1, 2, 2]));
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
