import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { adam } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { describeEachBackend, maxError, tensorLeaks } from '@segloss/testing';
import {
  buildModel,
  GroupNormalization,
  models,
  registerModel,
  resnetFpn,
  resnetUnet,
  SeededDropout,
  setStep,
  unet,
} from '@segloss/models';
import { BilinearUpSampling2D } from '@segloss/models/layers';
import * as tf from '@tensorflow/tfjs-core';
import { io } from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';

import { useBackend, weightsOf } from './networks';

/** Every registered model, small. */
const NARROW_UNET = { encoderWidth: 2, decoderWidths: [8, 8, 4, 4, 4] };
const NARROW_FPN = { encoderWidth: 2, pyramidChannels: 4, segmentationChannels: 32 };
const NARROW_DEEPLAB = { encoderWidth: 2, decoderChannels: 6 };
const optionsOf = (name: string) =>
  name === 'unet'
    ? { widths: [4, 8], norm: 'batch', dropout: 0.5 }
    : name.startsWith('fpn')
      ? NARROW_FPN
      : name.startsWith('deeplab')
        ? NARROW_DEEPLAB
        : NARROW_UNET;
const small = (name: string, seed = 1) =>
  buildModel(name, { inputShape: [64, 64, 3], outputs: 2, seed, ...optionsOf(name) });
const names = models().map(({ name }) => name);

/** Through the bytes of a model.json and its weights. */
async function reloaded(model: LayersModel): Promise<LayersModel> {
  let saved: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      saved = JSON.parse(JSON.stringify({ ...artifacts, weightData: undefined })) as io.ModelArtifacts;
      saved.weightData = artifacts.weightData!;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return loadLayersModel(io.fromMemory(saved!));
}

const logitsOf = (model: LayersModel, x: tf.Tensor, training = false) =>
  tf.tidy(() => Array.from((model.apply(x, { training }) as tf.Tensor).dataSync()));

describe('the registry', () => {
  it('knows the U-Net, seven encoders under two decoders, and four under DeepLabV3+', () => {
    expect(names).toEqual([
      'unet',
      ...['unet', 'fpn'].flatMap(
        (decoder) =>
        ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'mobilenetv2', 'mobilenetv3-large', 'efficientnet-b0'].map((encoder) => `${decoder}-${encoder}`), // prettier-ignore
      ),
      ...['resnet18', 'resnet34', 'resnet50', 'resnet101'].map((encoder) => `deeplabv3plus-${encoder}`),
    ]);
    expect(models().every(({ summary }) => summary.length > 10)).toBe(true);
  });

  it.each<[string, object, string]>([
    [
      'unet-resnet35',
      {},
      'buildModel: unknown model "unet-resnet35" (did you mean "unet-resnet34", "unet" or "unet-resnet18"?); all models: models()',
    ],
    ['unet', { with: [2] }, 'buildModel: unet: unknown option "with"'],
    [
      'unet',
      { width: [2] },
      'unknown option "width" (did you mean "widths"?); known options: inputShape, outputs, seed, widths, strides, norm, dropout',
    ],
    ['fpn-resnet18', { decoderWidths: [1] }, 'buildModel: fpn-resnet18: unknown option "decoderWidths"'],
    ['unet-resnet18', { encoder: 'resnet34' }, 'buildModel: unet-resnet18: unknown option "encoder"'],
    ['unet', { outputs: 0 }, 'buildModel: unet: wanted a positive number of outputs, got 0'],
    ['unet', { seed: 0.5 }, 'buildModel: unet: wanted seed to be an integer, got 0.5'],
    [
      'unet',
      { inputShape: [8, 8] },
      'wanted inputShape [height, width, channels] or [depth, height, width, channels], got [8,8]',
    ],
    [
      'unet-resnet18',
      { inputShape: [8, 32, 32, 1] },
      'resnetUnet: wanted inputShape [height, width, channels], got [8,32,32,1]',
    ],
    [
      'unet-resnet18',
      { inputShape: [50, 64, 3] },
      'wanted height and width divisible by 32 for an encoder of five halvings, got 50x64; resize to 64x64',
    ],
    ['unet-resnet18', { decoderWidths: [1, 2] }, 'wanted 5 positive decoderWidths, got [1,2]'],
    ['fpn-resnet18', { segmentationChannels: 48 }, 'wanted segmentationChannels divisible by 32, got 48'],
    ['fpn-resnet18', { dropout: 1 }, 'wanted dropout from 0 to below 1, got 1'],
    ['fpn-resnet18', { encoderWidth: 0 }, 'wanted encoderWidth to be a positive integer, got 0'],
  ])('refuses %s with %j', (name, options, message) => {
    expect(() => buildModel(name, { inputShape: [64, 64, 3], outputs: 1, ...options })).toThrow(message);
  });

  it('names the nearest encoder', () => {
    const options = { inputShape: [32, 32, 3] as const, outputs: 1, encoder: 'resnet35' as never };
    expect(() => resnetUnet(options)).toThrow(
      'resnetUnet: unknown encoder "resnet35" (did you mean "resnet34"?)',
    );
  });

  it('refuses a name twice, and a model that is not what was asked for', async () => {
    await useBackend('cpu');
    const build = () => unet({ inputShape: [8, 8, 1], outputs: 2, widths: [1] });
    registerModel({ name: 'fixed', summary: 'always the same', defaults: {}, build });
    expect(() => registerModel({ name: 'fixed', summary: '', defaults: {}, build })).toThrow(
      'there is a model "fixed"',
    );
    expect(() => registerModel({ name: 'A b', summary: '', defaults: {}, build })).toThrow(
      'lower case letters',
    );
    expect(buildModel('fixed', { inputShape: [8, 8, 1], outputs: 2 }).countParams()).toBeGreaterThan(0);
    expect(() => buildModel('fixed', { inputShape: [8, 8, 1], outputs: 3 })).toThrow(
      'buildModel: fixed: wanted a model that gives logits [8,8,3], got one of [8,8,2]',
    );
    expect(() => buildModel('fixed', { inputShape: [8, 4, 1], outputs: 2 })).toThrow(
      'buildModel: fixed: wanted a model that takes [8,4,1], got one of [8,8,1]',
    );
    registerModel({ name: 'none', summary: 'builds no model', defaults: {}, build: () => 3 as never });
    expect(() => buildModel('none', { inputShape: [8, 8, 1], outputs: 2 })).toThrow(
      'buildModel: none: wanted a LayersModel (from tf.model or tf.sequential), got 3',
    );
  });
});

describe('parameters', () => {
  // Those of segmentation_models.pytorch with these encoders, its documentation and state dicts.
  const counts: [string, number][] = [
    ['unet', 29_465],
    ['unet-resnet18', 14_328_209],
    ['unet-resnet34', 24_436_369],
    ['unet-resnet50', 32_521_105],
    ['unet-resnet101', 51_513_233],
    ['unet-mobilenetv2', 6_628_945],
    ['unet-mobilenetv3-large', 6_685_825],
    ['unet-efficientnet-b0', 5_839_309],
    ['fpn-resnet18', 13_047_233],
    ['fpn-resnet34', 23_155_393],
    ['fpn-resnet50', 26_116_033],
    ['fpn-resnet101', 45_108_161],
    // Counted by hand: 2,223,872 of torchvision's encoder without its classifier, and the decoders' formulas.
    ['fpn-mobilenetv2', 4_215_425],
    // The same with 2,971,952 and 3,595,388.
    ['fpn-mobilenetv3-large', 4_887_729],
    ['fpn-efficientnet-b0', 5_347_325],
    // Counted by hand too: torchvision's encoders without their classifiers (11,176,512, 21,284,672, 23,508,032 and 42,500,160), and the decoder's
    // 1,152,785 weights on 512 channels of the encoder, 3,169,553 on 2048.
    ['deeplabv3plus-resnet18', 12_329_297],
    ['deeplabv3plus-resnet34', 22_437_457],
    ['deeplabv3plus-resnet50', 26_677_585],
    ['deeplabv3plus-resnet101', 45_669_713],
  ];

  it('are those of the README', () => {
    const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([a-z0-9-]+)` +\| ([\d,]+) /gm)];
    expect(rows.map(([, name, count]) => [name, Number(count!.replaceAll(',', ''))])).toEqual(counts);
  });

  it.each(counts)('of %s are %d', async (name, count) => {
    await useBackend('cpu');
    const model = buildModel(name, { inputShape: [32, 32, 3], outputs: 1 });
    const sizes = model.trainableWeights.map(({ shape }) => (shape as number[]).reduce((a, b) => a * b, 1));
    expect(sizes.reduce((a, b) => a + b)).toBe(count);
    model.dispose();
  });
});

describe.each(names)('%s on wasm', (name) => {
  beforeEach(async () => {
    await useBackend('wasm');
  });

  it('has a gradient for every trainable weight, and learns from one step', () => {
    const model = small(name);
    const x = tf.randomUniform([2, 64, 64, 3], -1, 1, 'float32', 1);
    const labels = tf.cast(tf.randomUniform([2, 64, 64], 0, 2, 'float32', 2), 'int32');
    const loss = parseLoss('ce + dice');
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { value, grads } = tf.variableGrads(
      () => loss(labels, model.apply(x, { training: true }) as tf.Tensor),
      variables,
    );
    const without = variables.filter(({ name: own }) => {
      const values = grads[own]!.dataSync();
      return !values.every(Number.isFinite) || values.every((number) => number === 0);
    });
    expect(without.map(({ name: own }) => own)).toEqual([]);
    adam(1e-3).applyGradients(Object.entries(grads).map(([own, tensor]) => ({ name: own, tensor })));
    setStep(model, 0);
    const after = loss(labels, model.apply(x, { training: true }) as tf.Tensor);
    expect(after.dataSync()[0]).not.toBe(value.dataSync()[0]);
  });

  it('gives the same logits when it was saved and loaded', async () => {
    const model = small(name);
    const again = await reloaded(model);
    const x = tf.randomUniform([1, 64, 64, 3], -1, 1, 'float32', 1);
    expect(logitsOf(again, x)).toEqual(logitsOf(model, x));
    expect(weightsOf(again)).toBe(weightsOf(model));
    expect(logitsOf(model, x).some((value) => value !== 0)).toBe(true);
  });

  it('has the same weights for the same seed, bit by bit, and others for another', () => {
    const bytes = (seed: number) => weightsOf(small(name, seed));
    expect(bytes(1)).toBe(bytes(1));
    expect(bytes(2)).not.toBe(bytes(1));
  });
});

describe('unet', () => {
  beforeEach(async () => {
    await useBackend('cpu');
  });

  const convolution = (size: number, from: number, to: number) => size ** 3 * from * to + to;

  it('of volumes has the parameters that its formula says', () => {
    const model = unet({ inputShape: [4, 8, 8, 3], outputs: 5, widths: [4, 6] });
    const down = convolution(3, 3, 4) + convolution(3, 4, 4) + convolution(3, 4, 6) + convolution(3, 6, 6);
    const up = convolution(2, 6, 4) + convolution(3, 8, 4) + convolution(3, 4, 4) + convolution(1, 4, 5);
    expect(model.countParams()).toBe(down + up);
  });

  it('keeps the slices of a volume where a stride along the depth is 1', async () => {
    await useBackend('wasm');
    const options = { inputShape: [3, 8, 8, 1], outputs: 1, widths: [2, 3, 4], seed: 1 } as const;
    expect(() => unet(options)).toThrow('divisible by 4');
    const model = unet({ ...options, strides: [[1, 2, 2], [1, 4, 1]] }); // prettier-ignore
    expect(model.outputs[0]!.shape).toEqual([null, 3, 8, 8, 1]);
    const kernels = model.layers.filter(({ name }) => name.startsWith('conv3d_transpose'));
    // One weight for each voxel of a step: what they are on the way up.
    expect(kernels.map((layer) => layer.getWeights()[0]!.shape)).toEqual([[1, 4, 1, 3, 4], [1, 2, 2, 2, 3]]); // prettier-ignore
    const sides = model.layers.filter(({ name }) => name.startsWith('max_pooling3d'));
    expect(sides.map(({ outputShape }) => outputShape.slice(1, 4))).toEqual([[3, 4, 4], [3, 1, 4]]); // prettier-ignore
    // All weights get a gradient through steps of any kind.
    const x = tf.randomNormal([1, 3, 8, 8, 1], 0, 1, 'float32', 3);
    const { grads } = tf.variableGrads(() => tf.sum(model.apply(x) as tf.Tensor));
    expect(Object.values(grads).every((one) => tf.max(tf.abs(one)).dataSync()[0]! > 0)).toBe(true);
  });

  it('of a slice repeated along the depth knows no depth away from its ends', async () => {
    await useBackend('wasm');
    const model = unet({ inputShape: [16, 8, 8, 1], outputs: 1, widths: [4], seed: 1 });
    const slice = tf.randomUniform([1, 1, 8, 8, 1], -1, 1, 'float32', 1);
    const logits = logitsOf(model, tf.tile(slice, [1, 16, 1, 1, 1]));
    const at = (depth: number) => logits.slice(depth * 64, depth * 64 + 64);
    expect(maxError(at(5), at(9))).toBeLessThan(1e-6);
    expect(maxError(at(0), at(9))).toBeGreaterThan(1e-3);
  });

  it.each<[object, string]>([
    [
      { inputShape: [6, 8, 8, 1], widths: [1, 2, 4] },
      'wanted depth, height and width divisible by 4 for 3 widths, got 6x8x8; resize to 8x8x8 or give fewer widths',
    ],
    [
      { inputShape: [6, 8, 9, 1], widths: [1, 2], strides: [[1, 2, 2]] },
      'wanted depth, height and width divisible by 1x2x2 for 2 widths, got 6x8x9; resize to 6x8x10 or give other strides',
    ],
    [{ widths: [1, 2], strides: [2, 2] }, 'unet: wanted 1 strides for 2 widths'],
    [{ dropout: 1 }, 'unet: wanted dropout from 0 to below 1, got 1'],
    [{ dropout: 'much' }, 'unet: wanted dropout from 0 to below 1, got "much"'],
    [{ inputShape: [8, 0, 1] }, 'got [8,0,1]'],
  ])('refuses %j', (options, message) => {
    expect(() => unet({ inputShape: [16, 16, 1], outputs: 1, ...options } as never)).toThrow(message);
  });
});

describeEachBackend('a U-Net of volumes', () => {
  it.each(['none', 'batch', 'instance'] as const)(
    'with norm %s trains, and is saved and loaded',
    async (norm) => {
      const model = unet({ inputShape: [2, 4, 4, 1], outputs: 1, widths: [4, 8], norm, seed: 3 });
      const x = tf.randomUniform([2, 2, 4, 4, 1], -1, 1, 'float32', 1);
      const labels = tf.cast(tf.greater(x, 0), 'int32');
      const [loss, optimizer] = [parseLoss('ce'), adam(0.02)];
      const step = () =>
        optimizer
          .minimize(() => loss(labels, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar, true)!
          .dataSync()[0]!;
      const losses = Array.from({ length: 15 }, step);
      expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
      expect(logitsOf(await reloaded(model), x)).toEqual(logitsOf(model, x));
    },
  );
});

describe('dropout', () => {
  const ones = () => tf.ones([2, 50, 50, 4]);
  const valuesOf = (layer: SeededDropout, x: tf.Tensor = ones()) =>
    (layer.apply(x, { training: true }) as tf.Tensor).dataSync();

  beforeEach(async () => {
    await useBackend('cpu');
  });

  it('keeps the share 1 - rate and divides by it', () => {
    const values = valuesOf(new SeededDropout({ rate: 0.2, seed: 1 }));
    const kept = values.filter((value) => value !== 0);
    expect(kept.every((value) => Math.abs(value - 1.25) < 1e-6)).toBe(true);
    expect(kept.length / values.length).toBeGreaterThan(0.78);
    expect(kept.length / values.length).toBeLessThan(0.82);
  });

  it('of channels keeps or drops them whole, image by image', () => {
    const values = valuesOf(
      new SeededDropout({ rate: 0.5, seed: 2, perChannel: true }),
      tf.ones([8, 3, 3, 16]),
    );
    const at = (image: number, pixel: number) =>
      Array.from(values.slice((image * 9 + pixel) * 16, (image * 9 + pixel + 1) * 16));
    for (let image = 0; image < 8; image++) expect(at(image, 8)).toEqual(at(image, 0));
    expect(new Set(Array.from({ length: 8 }, (_, image) => at(image, 0).join())).size).toBeGreaterThan(4);
    expect(new Set(values)).toEqual(new Set([0, 2]));
  });

  it('draws other masks for another seed, layer, step and call', () => {
    const mask = (options: object, step = 0) => {
      const layer = new SeededDropout({ rate: 0.5, ...options });
      layer.setStep(step);
      return [valuesOf(layer).join(), valuesOf(layer).join()];
    };
    const all = [mask({}), mask({ seed: 1 }), mask({ number: 1 }), mask({}, 1)];
    expect(new Set(all.flat()).size).toBe(8);
    expect(mask({})).toEqual(all[0]);
    expect(mask({}, 1)).toEqual(all[3]);
  });

  it('is the same when a training is taken up again at a step, and reaches models in models', async () => {
    const model = unet({ inputShape: [8, 8, 1], outputs: 1, widths: [4, 8], dropout: 0.5, seed: 4 });
    const x = tf.ones([1, 8, 8, 1]);
    const run = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => {
        setStep(model, from + i);
        return logitsOf(model, x, true).join();
      });
    const whole = run(0, 4);
    expect(new Set(whole).size).toBe(4);
    expect(run(2, 4)).toEqual(whole.slice(2));
    setStep(await reloaded(model), 2);
    expect(() => setStep(model, -1)).toThrow('setStep: wanted a step of at least 0, got -1');
    const { model: wrap, input } = await import('@tensorflow/tfjs-layers');
    const image = input({ shape: [8, 8, 1] });
    const outer = wrap({ inputs: image, outputs: model.apply(image) as never });
    const outerLogits = (step: number) => {
      setStep(outer, step);
      return logitsOf(outer, x, true).join();
    };
    expect([2, 3].map(outerLogits)).toEqual(whole.slice(2));
  });
});

describeEachBackend('our layers', () => {
  /** Group by group, in float64. */
  function groupNormalized(x: Float32Array, [batch, pixels, channels]: number[], groups: number): number[] {
    const size = channels! / groups;
    const result = new Array<number>(x.length);
    for (let b = 0; b < batch!; b++) {
      for (let g = 0; g < groups; g++) {
        const places = Array.from({ length: pixels! * size }, (_, i) => {
          const channel = g * size + (i % size);
          return (b * pixels! + Math.floor(i / size)) * channels! + channel;
        });
        const mean = places.reduce((sum, i) => sum + x[i]!, 0) / places.length;
        const variance = places.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0) / places.length;
        for (const i of places) result[i] = (x[i]! - mean) / Math.sqrt(variance + 1e-5);
      }
    }
    return result;
  }

  it.each([1, 2, 8])(
    'GroupNormalization of %d groups is what its formula says, far from zero too',
    (groups) => {
      const x = tf.randomNormal([2, 3, 4, 5, 8], 100, 3, 'float32', 1);
      const y = new GroupNormalization({ groups }).apply(x) as tf.Tensor;
      expect(y.shape).toEqual(x.shape);
      const expected = groupNormalized(x.dataSync() as Float32Array, [2, 60, 8], groups);
      expect(maxError(y.dataSync(), expected)).toBeLessThan(1e-4);
    },
  );

  it('GroupNormalization has the gradient of finite differences', () => {
    const layer = new GroupNormalization({ groups: 2 });
    const x = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 1);
    const weights = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 2);
    const f = (t: tf.Tensor) => tf.sum(tf.mul(layer.apply(t) as tf.Tensor, weights));
    const gradient = tf.grad(f)(x).dataSync();
    const step = 1e-2;
    for (const i of [0, 7, 23]) {
      const shift = tf.tensor(
        Array.from({ length: 24 }, (_, j) => (i === j ? step : 0)),
        [2, 3, 4],
      );
      const slope = (f(tf.add(x, shift)).dataSync()[0]! - f(tf.sub(x, shift)).dataSync()[0]!) / (2 * step);
      expect(gradient[i]).toBeCloseTo(slope, 2);
    }
  });

  it('BilinearUpSampling2D lays corners on corners, forward and back', () => {
    const layer = new BilinearUpSampling2D({ factor: 4 });
    const matrix = (from: number) =>
      Array.from({ length: 4 * from }, (_, i) => {
        const place = from === 1 ? 0 : (i * (from - 1)) / (4 * from - 1);
        return Array.from({ length: from }, (_, j) => Math.max(0, 1 - Math.abs(place - j)));
      });
    // Bilinear is linear along each axis: rows · x · columnsᵀ, and its gradient rowsᵀ · dy · columns.
    const [rows, columns] = [tf.tensor2d(matrix(3)), tf.tensor2d(matrix(5))];
    const x = tf.randomNormal([2, 3, 5, 2], 0, 1, 'float32', 1);
    const dy = tf.randomNormal([2, 12, 20, 2], 0, 1, 'float32', 2);
    const plane = (t: tf.Tensor, image: number, channel: number): tf.Tensor2D =>
      tf.squeeze(tf.slice(t, [image, 0, 0, channel], [1, -1, -1, 1]), [0, 3]);
    const y = layer.apply(x) as tf.Tensor;
    const dx = tf.grad((t) => tf.sum(tf.mul(layer.apply(t) as tf.Tensor, dy)))(x);
    for (const [image, channel] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const forward = tf.matMul(tf.matMul(rows, plane(x, image, channel)), columns, false, true);
      expect(maxError(plane(y, image, channel).dataSync(), forward.dataSync())).toBeLessThan(1e-5);
      const back = tf.matMul(tf.matMul(rows, plane(dy, image, channel), true), columns);
      expect(maxError(plane(dx, image, channel).dataSync(), back.dataSync())).toBeLessThan(1e-4);
    }
  });

  it('leave no tensor behind', () => {
    const model = resnetFpn({
      inputShape: [32, 32, 1],
      outputs: 1,
      encoder: 'resnet18',
      encoderWidth: 1,
      segmentationChannels: 32,
    });
    const x = tf.ones([1, 32, 32, 1]);
    model.apply(x, { training: true });
    expect(tensorLeaks(() => model.apply(x, { training: true }))).toBe(0);
  });

  it.each<[string, () => unknown, string]>([
    [
      'groups that do not divide the channels',
      () => new GroupNormalization({ groups: 3 }).apply(tf.ones([1, 2, 4])),
      'wanted channels divisible by 3 groups, got 4',
    ],
    [
      'an unknown option',
      () => new GroupNormalization({ group: 3 } as never),
      'unknown option "group" (did you mean "groups"?)',
    ],
    ['a rate of 1', () => new SeededDropout({ rate: 1 }), 'wanted rate from 0 to below 1, got 1'],
    [
      'a fraction',
      () => new BilinearUpSampling2D({ factor: 0.5 }),
      'wanted factor to be a positive integer, got 0.5',
    ],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
