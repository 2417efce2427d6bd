// One image is a batch like any other: the last batch of an epoch is often one.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildModel, models } from '@segloss/models';
import { parseLoss } from '@segloss/losses';
import { describeEachBackend, maxError } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { useBackend } from './networks';

const NARROW_UNET = { encoderWidth: 2, decoderWidths: [8, 8, 4, 4, 4] };
const NARROW_FPN = { encoderWidth: 2, pyramidChannels: 4, segmentationChannels: 32, dropout: 0 };
const NARROW_DEEPLAB = { encoderWidth: 2, decoderChannels: 8, dropout: 0 };

function narrow(name: string): object {
  if (name.startsWith('fpn')) return NARROW_FPN;
  return name.startsWith('deeplab') ? NARROW_DEEPLAB : NARROW_UNET;
}

/** Every model under every normalization that it has. */
const VARIANTS: [name: string, options: Record<string, unknown>][] = models().flatMap(({ name }) => {
  if (name !== 'unet') return [[name, narrow(name)]];
  return ['none', 'batch', 'instance'].map((norm): [string, object] => [name, { widths: [2, 4], norm }]);
}) as [string, Record<string, unknown>][];

const images = (count: number) => tf.randomUniform([count, 64, 64, 3], -1, 1, 'float32', 1);
const first = (x: tf.Tensor) => tf.slice(x, 0, 1);
const built = (name: string, options: object) =>
  buildModel(name, { inputShape: [64, 64, 3], outputs: 2, seed: 3, ...options });
const loss = parseLoss('ce + dice');

/** Loss and gradients in training. */
function trained(name: string, options: object, x: tf.Tensor, labels: tf.Tensor) {
  const model = built(name, options);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const { value, grads } = tf.variableGrads(
    () => loss(labels, model.apply(x, { training: true }) as tf.Tensor),
    variables,
  );
  return {
    value: value.dataSync()[0]!,
    gradients: variables.flatMap(({ name: own }) => Array.from(grads[own]!.dataSync())),
  };
}

describe.each(VARIANTS)('%s with %j', (name, options) => {
  beforeAll(() => useBackend('wasm'));

  it('has the logits of each image alone, whatever else is in the batch', () => {
    const model = built(name, options);
    const x = images(3);
    const together = tf.unstack(model.predict(x) as tf.Tensor).map((one) => one.dataSync());
    tf.unstack(x).forEach((image, i) => {
      const alone = (model.predict(tf.expandDims(image)) as tf.Tensor).dataSync();
      expect(maxError(alone, together[i]!)).toBeLessThan(1e-5);
    });
  });

  it('has the loss and the gradient of one image when it is alone, and when it is there twice', () => {
    const x = first(images(1));
    const labels = tf.cast(tf.randomUniform([1, 64, 64], 0, 2, 'float32', 2), 'int32');
    const one = trained(name, options, x, labels);
    const two = trained(name, options, tf.concat([x, x]), tf.concat([labels, labels]));
    const length = (values: readonly number[]) => Math.hypot(...values);
    expect(one.gradients.every(Number.isFinite)).toBe(true);
    expect(length(two.gradients)).toBeGreaterThan(0.01);
    expect(Math.abs(one.value - two.value)).toBeLessThan(1e-4);
    // Batch normalization over the four pixels of the coarsest level amplifies rounding, above all in fifty to a hundred layers, and
    // may turn a unit on whose input is near zero. One image that is treated otherwise differs by about the length itself.
    const difference = length(one.gradients.map((value, i) => value - two.gradients[i]!));
    expect(difference).toBeLessThan(
      (/resnet(50|101)|mobilenet|efficientnet/.test(name) ? 0.1 : 0.01) * length(two.gradients),
    );
  });
});

describeEachBackend('a batch of one volume', () => {
  it.each(['none', 'batch', 'instance'])('trains with norm %s', (norm) => {
    const model = buildModel('unet', { inputShape: [2, 4, 4, 1], outputs: 1, widths: [2, 4], norm, seed: 3 });
    const x = tf.randomUniform([1, 2, 4, 4, 1], -1, 1, 'float32', 1);
    const labels = tf.cast(tf.greater(tf.squeeze(x, [4]), 0), 'int32');
    const { grads } = tf.variableGrads(() => loss(labels, model.apply(x, { training: true }) as tf.Tensor));
    for (const gradient of Object.values(grads)) {
      expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    }
  });
});
