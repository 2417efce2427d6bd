// DeepLabV3+ against segmentation_models.pytorch: its names, shapes and parameters counted by hand from the published architecture. Logits and
// gradients are compared with PyTorch in torch.test.ts.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildModel, resnetDeeplab } from '@segloss/models';
import { DilatedDepthwiseConv2D } from '@segloss/models/layers';
import { maxError } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { torchName } from '../src/weights/weight-names';
import { torchInput, useBackend } from './networks';

const [height, width] = [96, 128];
const narrow = (encoder: string) =>
  buildModel(`deeplabv3plus-${encoder}`, {
    ...{ inputShape: [height, width, 3], outputs: 3, encoderWidth: 2, decoderChannels: 6 },
    atrousRates: [1, 2, 3], // on 6 x 8 features, where each reaches other pixels
  });

describe('DeepLabV3+', () => {
  beforeAll(() => useBackend('wasm'));

  it('of full size has the parameters of segmentation_models.pytorch', () => {
    const model = buildModel('deeplabv3plus-resnet34', { inputShape: [16, 16, 3], outputs: 1 });
    const norm = (channels: number) => 2 * channels;
    const separable = (from: number) => 9 * from + from * 256 + norm(256);
    const encoder = 21_797_672 - 513_000; // torchvision's resnet34 without its 1000 classes
    const pyramid = 2 * (512 * 256 + norm(256)) + 3 * separable(512) + 5 * 256 * 256 + norm(256);
    const decoder = separable(256) + 64 * 48 + norm(48) + separable(256 + 48) + 256 + 1;
    const trainable = model.trainableWeights.reduce((sum, { shape }) => sum + (shape as number[]).reduce((a, b) => a * b, 1), 0); // prettier-ignore
    expect(trainable).toBe(encoder + pyramid + decoder);
    expect(trainable).toBe(22_437_457);
    const names = model.weights.map(torchName);
    for (const name of ['decoder.aspp.0.convs.2.0.0.weight', 'decoder.aspp.0.project.1.running_var', 'decoder.aspp.2.weight', 'decoder.block2.0.1.weight', 'segmentation_head.0.bias']) expect(names).toContain(name); // prettier-ignore
    const rates = model.layers.filter((layer) => layer.getClassName() === 'DilatedDepthwiseConv2D');
    expect(rates.map((layer) => layer.getConfig()['dilation'])).toEqual([12, 24, 36]);
    model.dispose();
  });

  it('has gradients for all of its weights, the dilated ones as finite differences', () => {
    const model = narrow('resnet18');
    const image = torchInput(height, width);
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => tf.sum(model.apply(image, { training: true }) as tf.Tensor), variables); // prettier-ignore
    expect(Object.keys(grads)).toHaveLength(variables.length);
    model.dispose();
    const layer = new DilatedDepthwiseConv2D({ dilation: 2 });
    const x = tf.randomNormal([1, 5, 4, 1], 0, 1, 'float32', 1);
    layer.apply(x);
    const kernel = layer.trainableWeights[0]!.read() as tf.Variable;
    const loss = () => tf.sum(tf.square(layer.apply(x) as tf.Tensor)) as tf.Scalar;
    const at = (values: number[]) => {
      kernel.assign(tf.tensor4d(values, [3, 3, 1, 1]));
      return loss().dataSync()[0]!;
    };
    const center = [3, 1, -2, 1, 0, 2, -1, 1, 4];
    const moved = (i: number, by: number) => at(center.map((value, k) => value + (k === i ? by : 0)));
    const differences = center.map((_, i) => (moved(i, 0.5) - moved(i, -0.5)) / 1); // exact: a square
    at(center);
    const { grads: own } = tf.variableGrads(loss, [kernel]);
    expect(maxError(own[kernel.name]!.dataSync(), Float32Array.from(differences))).toBeLessThan(1e-2);
  });

  it('takes sizes divisible by 16, and refuses what it cannot use', () => {
    const options = { inputShape: [48, 16, 3], outputs: 1, encoder: 'resnet18', encoderWidth: 1, decoderChannels: 2 } as const; // prettier-ignore
    expect(resnetDeeplab(options).outputs[0]!.shape).toEqual([null, 48, 16, 1]);
    expect(() => resnetDeeplab({ ...options, inputShape: [40, 16, 3] })).toThrow('divisible by 16 for an encoder of four halvings'); // prettier-ignore
    expect(() => resnetDeeplab({ ...options, atrousRates: [1, 2] })).toThrow('atrousRates');
    expect(() => resnetDeeplab({ ...options, encoder: 'mobilenetv2' as never })).toThrow('a ResNet');
  });
});
