import { beforeAll, describe, expect, it } from '@jest/globals';
import { batchNormMomentum, buildModel, models, recomputeBatchNormalization, unet } from '@segloss/models';
import { describeEachBackend, maxError, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as wrap, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { useBackend } from './networks';

const names = models().map(({ name }) => name);
const NARROW = { encoderWidth: 2 };

/** One normalization behind a convolution of one pixel with weight 1, and a second behind it. */
function twoNorms(momentum = 0.9): LayersModel {
  const image = input({ shape: [2, 2, 1] });
  const norm = (x: SymbolicTensor) => layers.batchNormalization({ momentum }).apply(x) as SymbolicTensor;
  const relu = layers.reLU().apply(norm(image)) as SymbolicTensor;
  return wrap({ inputs: image, outputs: norm(relu) });
}

/** Running mean and variance of each normalization. */
const averages = (model: LayersModel) =>
  model.layers.flatMap(({ weights }) =>
    weights
      .filter(({ originalName }) => originalName.includes('moving_'))
      .map((weight) => weight.read().dataSync()[0]!),
  );

describe('the momentum of batch normalization', () => {
  beforeAll(() => useBackend('wasm'));

  it.each(names)('of %s is 0.9 unless another is given', (name) => {
    const size = name === 'unet' ? { widths: [2], norm: 'batch' } : NARROW;
    const options = { inputShape: [32, 32, 3], outputs: 1, ...size };
    expect(batchNormMomentum(buildModel(name, options))).toBe(0.9);
    expect(batchNormMomentum(buildModel(name, { ...options, batchNormMomentum: 0.5 }))).toBe(0.5);
    expect(models().find((one) => one.name === name)!.defaults['batchNormMomentum']).toBe(0.9);
  });

  it.each([
    [
      'unet',
      { norm: 'batch', batchNormMomentum: 1 },
      'unet: wanted batchNormMomentum from 0 to below 1, got 1',
    ],
    ['unet', { norm: 'batch', batchNormMomentum: '0.9' }, 'got "0.9"; PyTorch\'s momentum m is 1 - m here'],
    ['unet', { batchNormMomentum: 0.5 }, "unet: wanted no batchNormMomentum with norm 'none', got 0.5"],
    [
      'fpn-resnet18',
      { batchNormMomentum: -0.1 },
      'resnetFpn: wanted batchNormMomentum from 0 to below 1, got -0.1',
    ],
  ])('%s refuses %j', (name, options, message) => {
    expect(() => buildModel(name, { inputShape: [32, 32, 3], outputs: 1, ...options })).toThrow(message);
  });

  it('is the share of the average that an update keeps', () => {
    const model = unet({
      inputShape: [2, 2, 1],
      outputs: 1,
      widths: [1],
      norm: 'batch',
      batchNormMomentum: 0.75,
    });
    const kernel = tf.zeros([3, 3, 1, 1]);
    model.weights
      .filter(({ originalName }) => originalName.endsWith('kernel'))
      .forEach((weight) => {
        if (weight.shape.join() === kernel.shape.join()) weight.write(kernel);
      });
    // Zeros everywhere: the batch has mean 0 and variance 0; the averages begin at 0 and 1.
    for (let update = 1; update <= 3; update++) {
      model.apply(tf.ones([2, 2, 2, 1]), { training: true });
      const [mean, variance] = averages(model);
      expect(mean).toBe(0);
      expect(variance).toBeCloseTo(0.75 ** update, 6);
    }
  });
});

describeEachBackend('recomputeBatchNormalization', () => {
  const batches = () => [
    tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]),
    tf.tensor4d([0, 0, 8, 0, 5, 5, 5, 5], [2, 2, 2, 1]),
  ];

  it('gives the first layer mean and variance of all values, however they are batched', async () => {
    const values = [1, 2, 3, 4, 0, 0, 8, 0, 5, 5, 5, 5];
    const mean = values.reduce((a, b) => a + b) / 12;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 12;
    for (const given of [batches(), [tf.tensor4d(values, [3, 2, 2, 1])]]) {
      const model = twoNorms();
      expect(await recomputeBatchNormalization(model, given)).toBe(2);
      const got = averages(model);
      expect(got[0]).toBeCloseTo(mean, 5);
      expect(got[1]).toBeCloseTo(variance, 4);
    }
  });

  it('gives a later layer the statistics of what reaches it when each batch is normalized by itself', async () => {
    const model = twoNorms();
    await recomputeBatchNormalization(model, batches());
    const seen = [
      [1, 2, 3, 4],
      [0, 0, 8, 0, 5, 5, 5, 5],
    ].flatMap((batch) => {
      const mean = batch.reduce((a, b) => a + b) / batch.length;
      const variance = batch.reduce((sum, x) => sum + (x - mean) ** 2, 0) / batch.length;
      return batch.map((x) => Math.max(0, (x - mean) / Math.sqrt(variance + 1e-3)));
    });
    const mean = seen.reduce((a, b) => a + b) / seen.length;
    const variance = seen.reduce((sum, x) => sum + (x - mean) ** 2, 0) / seen.length;
    expect(maxError(averages(model).slice(2), [mean, variance])).toBeLessThan(1e-4);
  });

  it('does not depend on the averages before, keeps the other weights, leaves no tensors, and is what prediction uses', async () => {
    const model = twoNorms();
    await recomputeBatchNormalization(model, batches());
    const once = averages(model);
    model.apply(tf.ones([1, 2, 2, 1]), { training: true });
    expect(averages(model)).not.toEqual(once);
    const trainable = model.trainableWeights.map((weight) => weight.read().dataSync().join());
    await recomputeBatchNormalization(model, batches());
    expect(averages(model)).toEqual(once);
    expect(model.trainableWeights.map((weight) => weight.read().dataSync().join())).toEqual(trainable);
    const leaks = await tensorLeaks(async () => void (await recomputeBatchNormalization(model, batches())));
    expect(leaks).toBe(0);
    const whole = tf.concat(batches()) as tf.Tensor4D;
    const first = wrap({ inputs: model.inputs, outputs: model.layers[1]!.output as SymbolicTensor });
    const { mean, variance } = tf.moments(first.predict(whole) as tf.Tensor);
    expect(mean.dataSync()[0]).toBeCloseTo(0, 5);
    expect(variance.dataSync()[0]).toBeCloseTo(1, 2);
  });

  it('leaves frozen layers as they are', async () => {
    const model = twoNorms();
    model.layers[1]!.trainable = false;
    expect(await recomputeBatchNormalization(model, batches())).toBe(1);
    expect(averages(model).slice(0, 2)).toEqual([0, 1]);
  });

  it('wants a batch', async () => {
    await expect(recomputeBatchNormalization(twoNorms(), [])).rejects.toThrow(
      'recomputeBatchNormalization: wanted at least one batch, got none',
    );
  });
});
