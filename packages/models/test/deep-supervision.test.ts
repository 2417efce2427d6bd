// Auxiliary outputs of lower resolutions: which there are, and that the network itself stays what it is.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { resnetUnet, supervisedModel, unet } from '@segloss/models';
import * as tf from '@tensorflow/tfjs-core';

import { useBackend, weightsOf } from './networks';

beforeAll(() => useBackend('wasm'));

const plain = { inputShape: [16, 24, 1], outputs: 3, widths: [2, 3, 4, 5], norm: 'batch', seed: 3 } as const;
const residual = { inputShape: [32, 64, 3], outputs: 1, encoder: 'resnet18', encoderWidth: 1, decoderWidths: [4, 4, 4, 4, 4], seed: 3 } as const; // prettier-ignore
const volume = { inputShape: [4, 8, 8, 1], outputs: 2, widths: [2, 3, 4], strides: [[1, 2, 2], 2] } as const;

describe('deep supervision', () => {
  it.each([
    [
      'a U-Net',
      () => unet({ ...plain, deepSupervision: true }),
      () => unet(plain),
      [
        [16, 24, 3],
        [8, 12, 3],
        [4, 6, 3],
      ],
    ],
    [
      'a U-Net with an encoder',
      () => resnetUnet({ ...residual, deepSupervision: true }),
      () => resnetUnet(residual),
      [
        [32, 64, 1],
        [16, 32, 1],
        [8, 16, 1],
        [4, 8, 1],
        [2, 4, 1],
      ],
    ],
    [
      'a U-Net of volumes',
      () => unet({ ...volume, deepSupervision: true }),
      () => unet(volume),
      [
        [4, 8, 8, 2],
        [4, 4, 4, 2],
      ],
    ],
  ])(
    'gives %s logits at each resolution of its decoder, and changes no weight of it',
    (_name, make, without, shapes) => {
      const tensors = tf.memory().numTensors;
      const [model, other] = [make(), without()];
      const supervised = supervisedModel(model)!;
      expect(supervised.outputs.map(({ shape }) => shape.slice(1))).toEqual(shapes);
      expect(weightsOf(model)).toBe(weightsOf(other));
      expect(model.outputs).toHaveLength(1);
      const auxiliary = supervised.trainableWeights.filter((weight) => !model.weights.includes(weight));
      expect(auxiliary).toHaveLength(2 * (shapes.length - 1)); // a kernel and a bias each
      const image = tf.randomNormal([1, ...model.inputs[0]!.shape.slice(1) as number[]], 0, 1, 'float32', 1); // prettier-ignore
      const [first, ...lower] = supervised.apply(image) as tf.Tensor[];
      expect(Array.from(first!.dataSync())).toEqual(
        Array.from((model.predict(image) as tf.Tensor).dataSync()),
      );
      for (const logits of lower) {
        const values = logits.dataSync();
        expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(1e-3);
      }
      model.dispose();
      other.dispose();
      tf.dispose(image);
      tf.dispose([first!, ...lower]);
      expect(tf.memory().numTensors - tensors).toBeLessThanOrEqual(2); // what predict returned
    },
  );

  it('is off by default, and neither 0 nor 1', () => {
    expect(supervisedModel(unet(plain))).toBeUndefined();
    expect(() => unet({ ...plain, deepSupervision: 1 as never })).toThrow('unet: wanted deepSupervision to be true or false, got 1'); // prettier-ignore
  });
});
