// MobileNetV2, MobileNetV3-Large and EfficientNet-B0 as encoders: timm's names, numbers of parameters, and gradients by finite differences.
// Logits and gradients are compared with PyTorch in torch.test.ts.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildModel, loadEncoderWeights, loadTorchWeights, readSafetensors } from '@segloss/models';
import { HardSigmoid, HardSwish, SiLU } from '@segloss/models/layers';
import { describeEachBackend, maxError } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, model as modelOf, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { convolved, depthwise, squeezeExcitation } from '../src/networks/mobile-blocks';
import { torchName } from '../src/weights/weight-names';
import { narrowFile, useBackend, weightsOf } from './networks';

const [HEIGHT, WIDTH] = [64, 96];
const NARROW = { mobilenetv2: 4, 'mobilenetv3-large': 2, 'efficientnet-b0': 4 } as const;
type Name = keyof typeof NARROW;
const names = Object.keys(NARROW) as Name[];

const narrow = (encoder: Name, seed = 0) =>
  buildModel(`unet-${encoder}`, {
    ...{ inputShape: [HEIGHT, WIDTH, 3], outputs: 3, decoderWidths: [8, 8, 4, 4, 4], seed },
    encoderWidth: NARROW[encoder],
  });

const count = (weights: LayersModel['weights']) =>
  weights.reduce((sum, { shape }) => sum + (shape as number[]).reduce((a, b) => a * b, 1), 0);

describeEachBackend('a narrow network', () => {
  it('of depthwise convolutions, squeeze and excitation has the gradients of finite differences', () => {
    const image = input({ shape: [6, 7, 2] });
    const norm = { epsilon: 1e-5, momentum: 0.9 };
    let x: SymbolicTensor = convolved(image, { name: 'a', kernelSize: 3, norm, activation: 'hardSwish', filters: 3 }); // prettier-ignore
    x = depthwise(x, { name: 'b', kernelSize: 5, strides: 2, norm, activation: 'silu' });
    x = squeezeExcitation(x, { name: 'c', filters: 2, activation: 'silu', gate: 'sigmoid' });
    x = squeezeExcitation(x, { name: 'd', filters: 2, activation: 'silu', gate: 'hardSigmoid' });
    const model = modelOf({ inputs: image, outputs: x });
    model.setWeights(
      model.weights.map(({ shape, originalName }, i) => {
        const positive = originalName.endsWith('variance');
        return tf.randomUniform(
          shape as number[],
          positive ? 0.5 : -0.8,
          positive ? 1.5 : 0.8,
          'float32',
          20 + i,
        );
      }),
    );
    const batch = tf.randomNormal([2, 6, 7, 2], 0, 1, 'float32', 7);
    const factors = tf.randomNormal([2, 3, 4, 3], 0, 1, 'float32', 8);
    const loss = () => tf.sum(tf.mul(model.apply(batch, { training: false }) as tf.Tensor, factors)) as tf.Scalar; // prettier-ignore
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(loss, variables);
    const step = 1e-2;
    for (const variable of variables) {
      const values = variable.dataSync().slice();
      const at = (i: number, by: number) => {
        const moved = values.slice();
        moved[i]! += by;
        variable.assign(tf.tensor(moved, variable.shape));
        return loss().dataSync()[0]!;
      };
      const differences = Array.from(values, (_, i) => (at(i, step) - at(i, -step)) / (2 * step));
      variable.assign(tf.tensor(values, variable.shape));
      const largest = Math.max(0.1, ...differences.map(Math.abs));
      const error = maxError(grads[variable.name]!.dataSync(), Float32Array.from(differences));
      expect([variable.name, error / largest < 2e-3]).toEqual([variable.name, true]);
    }
    expect(variables.length).toBe(2 + 4 + 8 - 2 + 2); // two convolutions, two normalizations, two pairs with biases
    model.dispose();
  });

  it('has activations with the derivatives of their formulas', () => {
    const points = [-5, -3.5, -2, -0.5, 0, 0.7, 2.9, 3.5, 6];
    const s = (x: number) => 1 / (1 + Math.exp(-x));
    const hard = (x: number) => Math.min(1, Math.max(0, x / 6 + 0.5));
    const middle = (x: number) => Math.abs(x) < 3;
    const cases = [
      [new SiLU(), (x: number) => x * s(x), (x: number) => s(x) * (1 + x * (1 - s(x)))],
      [new HardSigmoid(), hard, (x: number) => (middle(x) ? 1 / 6 : 0)],
      [new HardSwish(), (x: number) => x * hard(x), (x: number) => (middle(x) ? x / 3 + 0.5 : x > 3 ? 1 : 0)],
    ] as const;
    for (const [layer, value, derivative] of cases) {
      const x = tf.tensor1d(points);
      expect(maxError((layer.apply(x) as tf.Tensor).dataSync(), points.map(value))).toBeLessThan(1e-6);
      const slope = tf
        .grad((at) => tf.mul(layer.apply(at) as tf.Tensor, 2))(x)
        .dataSync();
      expect(maxError(slope, points.map((at) => 2 * derivative(at)))).toBeLessThan(1e-6); // prettier-ignore
    }
  });
});

describe('an encoder', () => {
  beforeAll(() => useBackend('wasm'));

  // torchvision's numbers with the classifiers of 1000 classes, without those.
  it.each([
    ['mobilenetv2', 3_504_872 - (1280 * 1000 + 1000)],
    ['mobilenetv3-large', 5_483_032 - (960 * 1280 + 1280) - (1280 * 1000 + 1000)],
    ['efficientnet-b0', 5_288_548 - (320 * 1280 + 2 * 1280) - (1280 * 1000 + 1000)],
  ])('%s has the parameters of torchvision', (encoder, expected) => {
    for (const decoder of ['unet', 'fpn']) {
      const model = buildModel(`${decoder}-${encoder}`, { inputShape: [32, 32, 3], outputs: 1 });
      const own = model.trainableWeights.filter((weight) => torchName(weight).startsWith('encoder.'));
      expect(count(own)).toBe(expected);
      model.dispose();
    }
  });

  it.each(names)('%s loads the names of timm, and refuses what is missing', (encoder) => {
    const file = readSafetensors(narrowFile(`unet-${encoder}`));
    const layers = [...new Set([...file.keys()].filter((name) => name.startsWith('encoder.')).map((name) => name.replace(/^encoder\.(.+)\.\w+$/, '$1')))]; // prettier-ignore
    const timm = timmLayers(encoder);
    expect(timm).toHaveLength(layers.length); // both in the order of the forward pass
    const renamed = new Map(layers.map((layer, i) => [layer, timm[i]!]));
    const tensors = [...file].flatMap(([name, tensor]) => {
      const [, layer, kind] = /^encoder\.(.+)\.(\w+)$/.exec(name) ?? [];
      return layer === undefined ? [] : [[`${renamed.get(layer)}.${kind}`, tensor] as const];
    });
    const head = { shape: [2], values: new Float32Array(2) };
    const heads = ['classifier.weight', ...(encoder === 'mobilenetv2' ? [] : ['conv_head.weight'])];
    const more = heads.map((name) => [name, head] as const);
    const [byTimm, byTorchvision] = [narrow(encoder, 1), narrow(encoder, 1)];
    loadEncoderWeights(byTimm, fileOf([...tensors, ...more]));
    loadTorchWeights(byTorchvision, narrowFile(`unet-${encoder}`));
    // timm's epsilon is ours; torchvision's is added to the variances.
    const offset = encoder === 'mobilenetv3-large' ? 1e-3 - 1e-5 : 0;
    byTimm.weights.forEach((weight, i) => {
      const name = torchName(weight);
      if (!name.startsWith('encoder.')) return;
      const other = byTorchvision.weights[i]!.read();
      const expected = name.endsWith('running_var') ? tf.sub(other, offset) : other;
      expect([name, maxError(weight.read().dataSync(), expected.dataSync()) < 1e-6]).toEqual([name, true]);
    });
    const before = weightsOf(byTimm);
    const less = tensors.filter(([name]) => name !== 'blocks.2.1.conv_dw.weight');
    expect(() => loadEncoderWeights(byTimm, fileOf(less))).toThrow('missing features.');
    expect(weightsOf(byTimm)).toBe(before);
    for (const model of [byTimm, byTorchvision]) model.dispose();
  });
});

/** Layers with weights in timm, from its block strings (`ds_r1_k3_s1_e1_c16`, `ir_r2_...`): kinds, repeats, squeeze and excitation. */
function timmLayers(encoder: Name): string[] {
  const stages: Record<Name, readonly (readonly [repeats: number, squeezed: boolean])[]> = {
    mobilenetv2: [[1, false], [2, false], [3, false], [4, false], [3, false], [3, false], [1, false]],
    'mobilenetv3-large': [[1, false], [2, false], [3, true], [4, false], [2, true], [3, true]],
    'efficientnet-b0': [[1, true], [2, true], [2, true], [3, true], [3, true], [4, true], [1, true]],
  }; // prettier-ignore
  const layers = ['conv_stem', 'bn1'];
  stages[encoder].forEach(([repeats, squeezed], stage) => {
    for (let i = 0; i < repeats; i++) {
      const squeeze = squeezed ? ['se.conv_reduce', 'se.conv_expand'] : [];
      const block =
        stage === 0
          ? ['conv_dw', 'bn1', ...squeeze, 'conv_pw', 'bn2']
          : ['conv_pw', 'bn1', 'conv_dw', 'bn2', ...squeeze, 'conv_pwl', 'bn3'];
      layers.push(...block.map((layer) => `blocks.${stage}.${i}.${layer}`));
    }
  });
  if (encoder === 'mobilenetv2') layers.push('conv_head', 'bn2');
  if (encoder === 'mobilenetv3-large') layers.push('blocks.6.0.conv', 'blocks.6.0.bn1');
  return layers;
}

/** A file of float32 tensors. */
function fileOf(
  tensors: Iterable<readonly [string, { shape: readonly number[]; values: ArrayLike<number | bigint> }]>,
) {
  let end = 0;
  const parts: Uint8Array[] = [];
  const header: Record<string, unknown> = {};
  for (const [name, { shape, values }] of tensors) {
    const bytes = new Uint8Array(Float32Array.from(values as ArrayLike<number>).buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += bytes.length)] };
    parts.push(bytes);
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([size, text, ...parts]));
}
