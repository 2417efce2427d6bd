import { describe, expect, it } from '@jest/globals';
import {
  augmentation,
  randomCrop,
  randomFlip,
  resizeSample,
  type Augmentation,
  type Sample,
} from '@segloss/data';
import { compound, crossEntropy, defineLoss, parseLoss, term } from '@segloss/losses';
import {
  DivergedError,
  evaluate,
  predict,
  predictSliding,
  selectBackend,
  train,
  unet,
  weightsHash,
  type EpochReport,
  type TrainOptions,
} from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { syntheticImages } from './synthetic-images';

const toy = () =>
  syntheticImages({ size: 16, train: 12, val: 6, proportion: 0.2, contrast: 0.5, noise: 0.05 });
const network = (seed = 1) => unet({ inputShape: [16, 16, 1], outputs: 1, widths: [4, 8], seed });
const run = async (options: TrainOptions): Promise<EpochReport[]> => {
  const reports: EpochReport[] = [];
  for await (const report of train({ onNote: () => undefined, ...options })) reports.push(report);
  return reports;
};
const untimed = (reports: readonly EpochReport[]) =>
  reports.map((report) => ({ ...report, seconds: 0, waitingSeconds: 0 }));

describe('selectBackend', () => {
  it('proves the backend that is asked for, and says why', async () => {
    expect(await selectBackend('cpu')).toEqual({
      name: 'cpu',
      reason: 'requested: plain JavaScript works everywhere, slowly',
      tried: [{ name: 'cpu', works: true, reason: 'plain JavaScript works everywhere, slowly' }],
    });
    expect(tf.getBackend()).toBe('cpu');
  });

  it('takes the first that works, and tells what it tried', async () => {
    const { name, tried } = await selectBackend();
    expect(tried.at(-1)).toMatchObject({ name, works: true });
    expect(tried.slice(0, -1).every(({ works, reason }) => !works && reason.length > 0)).toBe(true);
    expect(tf.getBackend()).toBe(name);
  });

  it('refuses an unknown name', async () => {
    await expect(selectBackend('cuda' as never)).rejects.toThrow(
      'wanted the backend to be "auto" | "tensorflow" | "webgpu" | "wasm" | "cpu", got "cuda"',
    );
  });

  it('says what the wasm backend has', async () => {
    expect((await selectBackend('wasm')).wasm).toEqual({ simd: true, threads: 1 });
  });

  it('refuses threads that nothing would use, wrong ones and unknown options', async () => {
    await expect(selectBackend('cpu', { threads: 2 })).rejects.toThrow(
      'got threads: 2 for cpu; leave them out',
    );
    for (const threads of [0, 1.5, 65, 'all' as never]) {
      await expect(selectBackend('wasm', { threads })).rejects.toThrow(
        `wanted threads to be 'auto' or a whole number from 1 to 64, got ${threads}`,
      );
    }
    await expect(selectBackend('wasm', { thread: 2 } as never)).rejects.toThrow(
      'unknown option "thread" (did you mean "threads"?)',
    );
  });

  it('refuses a backend whose gradient is wrong', async () => {
    await selectBackend('cpu');
    const [name, backendName] = ['Conv2DBackpropFilter', 'cpu'];
    const right = tf.getKernel(name, backendName);
    const kernelFunc: tf.KernelFunc = ({ attrs }) => tf.zeros(attrs!['filterShape'] as number[]);
    tf.unregisterKernel(name, backendName);
    tf.registerKernel({ ...right, kernelFunc });
    try {
      await expect(selectBackend('cpu')).rejects.toThrow(
        'no backend works:\n  cpu: its convolution gradient is wrong: 0,0,0,0; npm install @tensorflow/tfjs-backend-cpu',
      );
    } finally {
      tf.unregisterKernel(name, backendName);
      tf.registerKernel(right);
    }
  });

  it('leaves out what is not installed, with the way to get it', async () => {
    const { tried } = await selectBackend();
    for (const { works, missing, remedy } of tried.slice(0, -1)) {
      expect(works).toBe(false);
      if (missing) expect(remedy).toMatch(/^npm install /);
    }
  });
});

describe('unet', () => {
  const convolution = (size: number, from: number, to: number) => size * size * from * to + to;

  it('has the parameters that its formula says', () => {
    const model = unet({ inputShape: [8, 8, 3], outputs: 5, widths: [4, 6], seed: 0 });
    const down = convolution(3, 3, 4) + convolution(3, 4, 4) + convolution(3, 4, 6) + convolution(3, 6, 6);
    const up = convolution(2, 6, 4) + convolution(3, 8, 4) + convolution(3, 4, 4) + convolution(1, 4, 5);
    expect(model.countParams()).toBe(down + up);
    expect(model.outputs[0]!.shape).toEqual([null, 8, 8, 5]);
  });

  it('has other weights for another seed only', async () => {
    expect(await weightsHash(network(1))).toBe(await weightsHash(network(1)));
    expect(await weightsHash(network(1))).not.toBe(await weightsHash(network(2)));
  });

  it.each<[object, string]>([
    [
      { inputShape: [10, 16, 1], widths: [2, 4, 8] },
      'wanted height and width divisible by 4 for 3 widths, got 10x16; resize to 12x16 or give fewer widths',
    ],
    [
      { inputShape: [16, 16] },
      'wanted inputShape [height, width, channels] or [depth, height, width, channels], got [16,16]',
    ],
    [{ outputs: 0 }, 'wanted a positive number of outputs, got 0'],
    [{ norm: 'group' }, "wanted norm 'batch' | 'instance' | 'none', got \"group\""],
    [
      { depth: 3 },
      'unknown option "depth"; known options: inputShape, outputs, widths, strides, norm, dropout, batchNormMomentum, deepSupervision, seed',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => unet({ inputShape: [16, 16, 1], outputs: 1, ...options } as never)).toThrow(message);
  });
});

describe('train on wasm', () => {
  it('draws dropout masks from the step alone, whatever else calls the model', async () => {
    const sample = {
      id: 'a',
      width: 8,
      height: 8,
      channels: 1,
      image: new Float32Array(64).fill(1),
      mask: new Uint8Array(64).map((_, i) => i % 2),
    };
    const hash = async (disturb: boolean) => {
      const model = unet({ inputShape: [8, 8, 1], outputs: 1, widths: [4], dropout: 0.5, seed: 4 });
      const options = { train: [sample], val: [sample], classes: ['a', 'b'], epochs: 3, augment: false };
      // Calls in between move the counter of the layers, which the step sets again.
      const onStep = () => disturb && void model.apply(tf.ones([1, 8, 8, 1]), { training: true });
      let epochs = 0;
      for await (const { epoch } of train({ model, loss: parseLoss('ce'), ...options, onStep }))
        epochs = epoch + 1;
      expect(epochs).toBe(3);
      return weightsHash(model);
    };
    expect(await hash(true)).toBe(await hash(false));
  });

  it('augments by the function that is given, once for each image and epoch', async () => {
    const data = await toy();
    const large = data.train.map((sample) => resizeSample(sample, 24, 20));
    const seen: string[] = [];
    const crop = augmentation([randomFlip(), randomCrop({ size: [16, 16] })], { seed: 1 });
    const augment: Augmentation = (sample, options) => {
      seen.push(`${options.epoch} ${sample.id}`);
      return crop(sample, options);
    };
    const options = { ...data, train: large, loss: parseLoss('ce'), epochs: 2, batchSize: 4 };
    await run({ ...options, model: network(), augment });
    expect(new Set(seen).size).toBe(2 * large.length);
    expect(seen).toHaveLength(2 * large.length);
    await expect(run({ ...options, model: network(), augment: (sample) => sample })).rejects.toThrow(
      'train: wanted images [16,16,1] as the model takes, got [24,20,1]',
    );
  });

  it('learns: the loss falls, Dice rises, and the proportions come to the truth', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const reports = await run({
      model: unet({ inputShape: [16, 16, 1], outputs: 1, widths: [8, 16], seed: 2 }),
      loss: parseLoss('ce + dice'),
      ...data,
      epochs: 50,
      batchSize: 4,
      optimizer: { learningRate: 0.005 },
      seed: 3,
    });
    const [first, last] = [reports[0]!, reports.at(-1)!];
    expect(last.loss).toBeLessThan(first.loss / 2);
    expect(last.val.foregroundDice).toBeGreaterThan(0.7);
    expect(last.val.soft[1]! / last.val.truth[1]!).toBeGreaterThan(0.6);
    expect(last.val.soft[1]! / last.val.truth[1]!).toBeLessThan(1.6);
    expect(Object.keys(last.terms)).toEqual(['ce', 'dice']);
    expect(last.steps).toBe(3);
  });

  it('gives the same bytes of weights and metrics for the same seed, and others for another', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const once = async (seed: number) => {
      const model = network();
      const reports = await run({
        model,
        loss: parseLoss('ce + 0.5*dice + kl'),
        ...data,
        epochs: 2,
        batchSize: 5,
        seed,
      });
      return { hash: await weightsHash(model), reports: untimed(reports) };
    };
    const [first, second, other] = [await once(7), await once(7), await once(8)];
    expect(second).toEqual(first);
    expect(other.hash).not.toBe(first.hash);
  });

  it('agrees with the cpu backend', async () => {
    const data = await toy();
    const losses: number[][] = [];
    for (const name of ['wasm', 'cpu'] as const) {
      await selectBackend(name);
      const model = unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2, 3], norm: 'batch', seed: 4 });
      const small = { train: data.train.slice(0, 4), val: data.val.slice(0, 2), classes: data.classes };
      const reports = await run({
        model,
        loss: parseLoss('ce + l1'),
        ...small,
        epochs: 3,
        batchSize: 2,
        seed: 1,
      });
      losses.push(reports.flatMap(({ loss, val }) => [loss, val.loss]));
      model.dispose();
    }
    losses[0]!.forEach((loss, i) => expect(Math.abs(loss - losses[1]![i]!)).toBeLessThan(1e-4));
    await selectBackend('wasm');
  });

  it('leaves no tensor behind', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const model = network();
    await run({ model, loss: parseLoss('ce'), ...data, epochs: 1 });
    const before = tf.memory().numTensors;
    await run({ model, loss: parseLoss('ce + l1'), ...data, epochs: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('moves the statistics of batch normalization', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const model = unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2], norm: 'batch', seed: 1 });
    const statistics = () =>
      model.weights.filter(({ name }) => name.includes('moving_mean')).map((w) => w.read().dataSync().join());
    const before = statistics();
    await run({ model, loss: parseLoss('ce'), ...data, epochs: 1 });
    expect(statistics()).not.toEqual(before);
  });

  it('reads scheduled weights and learning rates at the epoch', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const loss = compound(crossEntropy(), term(parseLoss('l1'), { weight: (epoch) => 10 * epoch }));
    const rates: number[] = [];
    const options = { model: network(), loss, ...data, epochs: 2, optimizer: { learningRate: 1e-6 } };
    const schedule = (rate: number, { epoch }: { epoch: number }) => rate / (epoch + 1);
    const onStep = ({ learningRate }: { learningRate: number }) => void rates.push(learningRate);
    const [first, second] = await run({ ...options, schedule, onStep });
    expect(first!.loss).toBeCloseTo(first!.terms.ce!, 5);
    expect(second!.loss).toBeCloseTo(second!.terms.ce! + 10 * second!.terms.l1!, 4);
    expect(rates).toEqual([1e-6, 1e-6, 5e-7, 5e-7]);
    expect(second!.learningRate).toBe(5e-7);
  });
});

describe('a training that goes wrong', () => {
  const nanAt = (step: number) => {
    let calls = 0;
    return defineLoss({
      name: 'breaks',
      summary: 'NaN at one step',
      defaults: {},
      statistics: () => ['predicted'],
      compute: ({ predicted }) => tf.mul(tf.mean(predicted), calls++ === step ? NaN : 1) as tf.Scalar,
    });
  };

  it('stops before the weights are poisoned, and names term, epoch, step and images', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const model = network();
    const loss = compound(crossEntropy(), term(nanAt(2)(), { weight: 0.1 }));
    const error = await run({ model, loss, ...data, epochs: 2, batchSize: 4 }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(DivergedError);
    expect(error).toMatchObject({ term: 'the loss term breaks', epoch: 0, step: 2 });
    expect((error as DivergedError).ids).toHaveLength(4);
    expect((error as Error).message).toMatch(
      /^training diverged: the loss term breaks is not finite at epoch 0, step 2, images train-\d+, /,
    );
    const finite = model.getWeights().every((weight) => weight.dataSync().every(Number.isFinite));
    expect(finite).toBe(true);
  });

  it('names the gradient when only that is not finite', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const loss = defineLoss({
      name: 'sharp',
      summary: 'infinite slope',
      defaults: {},
      pixels: ({ logits }) => tf.sum(tf.sqrt(tf.mul(logits, 0))) as tf.Scalar,
    })();
    await expect(run({ model: network(), loss, ...data, epochs: 1 })).rejects.toThrow(
      'the gradient of sharp is not finite',
    );
  });

  it('ends between two steps when it is told to', async () => {
    await selectBackend('wasm');
    const data = await toy();
    const controller = new AbortController();
    const steps: number[] = [];
    const onStep = ({ step }: { step: number }) => {
      steps.push(step);
      if (step === 4) controller.abort();
    };
    const reports = await run({
      model: network(),
      loss: parseLoss('ce'),
      ...data,
      epochs: 9,
      batchSize: 4,
      signal: controller.signal,
      onStep,
    });
    expect(steps).toEqual([0, 1, 2, 3, 4]);
    expect(reports).toHaveLength(1);
  });

  it.each<[Partial<TrainOptions>, string]>([
    [{ epochs: 0 }, 'train: wanted epochs to be a positive integer, got 0'],
    [{ batchSize: 1.5 }, 'train: wanted batchSize to be a positive integer, got 1.5'],
    [{ optimizer: { learningRate: -1 } }, 'train: wanted a positive learning rate, got -1'],
    [{ train: [] }, 'train: wanted images to train and validate, got 0 and 6'],
    [{ classes: ['a', 'b', 'c'] }, 'train: wanted a model with 3 output channels for 3 classes, got 1'],
  ])('says what it wanted: %j', async (options, message) => {
    const data = await toy();
    await expect(
      run({ model: network(), loss: parseLoss('ce'), ...data, epochs: 1, ...options }),
    ).rejects.toThrow(message);
  });

  it('names the image that does not fit the model', async () => {
    const data = await toy();
    const model = unet({ inputShape: [8, 8, 1], outputs: 1, widths: [2] });
    await expect(run({ model, loss: parseLoss('ce'), ...data, epochs: 1 })).rejects.toThrow(
      'wanted images [8,8,1] as the model takes, got [16,16,1] in train-000; use resizeSample',
    );
  });
});

describe('evaluate and predict', () => {
  const fixed = (logits: number[], channels: number) => {
    const model = unet({ inputShape: [1, 2, 1], outputs: channels, widths: [1], seed: 1 });
    model.predict = () => tf.tensor4d(logits, [logits.length / channels / 2, 1, 2, channels]);
    return model;
  };
  const sample = (mask: number[], id = 's'): Sample => ({
    id,
    width: 2,
    height: 1,
    channels: 1,
    image: new Float32Array(2),
    mask: Uint8Array.from(mask),
  });

  it('count labels and sum probabilities over the pixels that are not ignored', async () => {
    await selectBackend('cpu');
    const z = Math.log(3); // probability 3/4
    const options = { model: fixed([z, -z, z, z], 1), loss: parseLoss('ce'), classes: ['no', 'yes'] };
    const result = await evaluate({ ...options, samples: [sample([1, 0]), sample([0, 255], 't')] });
    expect(result.truth).toEqual([2 / 3, 1 / 3]);
    expect(result.hard).toEqual([1 / 3, 2 / 3]);
    result.soft.forEach((share, k) => expect(share).toBeCloseTo([1.25 / 3, 1.75 / 3][k]!, 6));
    expect(result.dice[1]).toBeCloseTo(2 / 3, 12);
    expect(result.foregroundDice).toBe(result.dice[1]);
    expect(result.loss).toBeCloseTo((Math.log(4 / 3) * 2 + Math.log(4)) / 3, 5);
  });

  it.each([NaN, Infinity, -Infinity])(
    'refuse a logit of %d, which would count as background',
    async (value) => {
      await selectBackend('cpu');
      const model = fixed([1, value], 1);
      await expect(predict(model, [sample([0, 1])])).rejects.toThrow(
        `predict: wanted finite logits, got ${value} for s`,
      );
      await expect(predictSliding(model, sample([0, 1]))).rejects.toThrow(
        'predictSliding: wanted finite logits, got ',
      );
    },
  );

  it('give the most probable class, and probabilities that sum to 1, for huge logits too', async () => {
    await selectBackend('cpu');
    const [{ labels, probabilities }] = (await predict(fixed([1000, -1000, 0, 1, 2, 3], 3), [
      sample([0, 0]),
    ])) as [Awaited<ReturnType<typeof predict>>[0]];
    expect(Array.from(labels)).toEqual([0, 2]);
    expect(probabilities[0]).toBe(1);
    expect(probabilities.slice(3).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  });
});

describe('predictSliding', () => {
  it('gives what the whole model gives where one window covers all', async () => {
    await selectBackend('cpu');
    const model = unet({ inputShape: [8, 8, 1], outputs: 3, widths: [2], seed: 1 });
    const image = Float32Array.from({ length: 64 }, (_, i) => (i % 7) / 7);
    const one: Sample = { id: 'a', width: 8, height: 8, channels: 1, image, mask: new Uint8Array(64) };
    const [whole] = await predict(model, [one]);
    const sliding = await predictSliding(model, one);
    expect(sliding.labels).toEqual(whole!.labels);
    sliding.probabilities.forEach((p, i) => expect(p).toBeCloseTo(whole!.probabilities[i]!, 6));
  });

  it('averages the windows that see a pixel, each with its weight', async () => {
    await selectBackend('cpu');
    const model = unet({ inputShape: [1, 4, 1], outputs: 1, widths: [1], seed: 1 });
    let windows = 0;
    // The first window says 1 everywhere, the second 4; they share pixels 2 and 3.
    model.predict = (images) => {
      const [count] = (images as tf.Tensor).shape as [number];
      const values = Array.from({ length: count }, () =>
        Array<number>(4).fill(++windows === 1 ? 1 : 4),
      ).flat();
      return tf.tensor4d(values, [count, 1, 4, 1]);
    };
    const wide: Sample = {
      id: 'a',
      width: 6,
      height: 1,
      channels: 1,
      image: new Float32Array(6),
      mask: new Uint8Array(6),
    };
    const { probabilities } = await predictSliding(model, wide);
    expect(windows).toBe(2);
    const gauss = (i: number) => Math.exp(-0.5 * (((i + 0.5) / 4 - 0.5) * 8) ** 2);
    const shared = (gauss(2) * 1 + gauss(0) * 4) / (gauss(2) + gauss(0));
    const logits = [1, 1, shared, (gauss(3) * 1 + gauss(1) * 4) / (gauss(3) + gauss(1)), 4, 4];
    logits.forEach((logit, i) => expect(probabilities[2 * i + 1]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6));
  });

  it('covers images of any size, smaller than the window too', async () => {
    await selectBackend('cpu');
    const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [1], seed: 1 });
    for (const [height, width] of [
      [3, 2],
      [5, 13],
      [4, 4],
    ] as const) {
      // prettier-ignore
      const size = height * width;
      const any: Sample = {
        id: 'a',
        width,
        height,
        channels: 1,
        image: new Float32Array(size),
        mask: new Uint8Array(size),
      };
      const { probabilities } = await predictSliding(model, any, { overlap: 0.25, weighting: 'constant' });
      expect(probabilities).toHaveLength(2 * size);
      expect(probabilities.every(Number.isFinite)).toBe(true);
    }
  });
});
