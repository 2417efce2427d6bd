// What validation says, and what a training makes of it: foreground means, undefined metrics, statistics of batch normalization.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Sample } from '@segloss/data/samples';
import { parseLoss } from '@segloss/losses';
import { tensorLeaks } from '@segloss/testing';
import {
  buildModel,
  DivergedError,
  evaluate,
  selectBackend,
  train,
  unet,
  weightsHash,
  type EpochReport,
  type TrainOptions,
} from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { readCheckpoint } from '../src/checkpoint/store';
import { classPrior } from '../src/loop/class-prior';
import { BestSoFar, monitoredValue } from '../src/loop/monitor';
import { syntheticImages } from './synthetic-images';

const notes: string[] = [];
const onNote = (text: string) => void notes.push(text);
beforeEach(() => void (notes.length = 0));
beforeAll(async () => void (await selectBackend('wasm')));

async function run(options: TrainOptions): Promise<EpochReport[]> {
  const reports: EpochReport[] = [];
  for await (const report of train({ onNote, ...options })) reports.push(report);
  return reports;
}

const toy = (size = 16, count = 12) =>
  syntheticImages({ size, train: count, val: 4, proportion: 0.2, contrast: 0.5, noise: 0.05 });

describe('the foreground mean', () => {
  /** Logits that pick the given class in each of four pixels. */
  const predicting = (labels: number[], K: number) => {
    const model = unet({ inputShape: [1, 4, 1], outputs: K, widths: [1], seed: 1 });
    model.predict = () =>
      tf.tensor4d(labels.flatMap((label) => Array.from({ length: K }, (_, k) => (k === label ? 5 : 0))), [1, 1, 4, K]); // prettier-ignore
    return model;
  };
  const sample = (mask: number[]): Sample => ({
    ...{ id: 'a', width: 4, height: 1, channels: 1 },
    image: new Float32Array(4),
    mask: Uint8Array.from(mask),
  });
  const options = (background?: number | null) => ({
    ...{ model: predicting([0, 1, 1, 2], 3), loss: parseLoss('ce'), classes: ['a', 'b', 'c'] },
    samples: [sample([0, 1, 2, 2])],
    ...(background !== undefined && { background }),
  });
  // By hand: a 1, b 2·1/(2+1), c 2·1/(1+2).
  const dice = [1, 2 / 3, 2 / 3];

  it.each<[string, number | null | undefined, number]>([
    ['excludes class 0 by default', undefined, (dice[1]! + dice[2]!) / 2],
    ['excludes the class that is the background', 2, (dice[0]! + dice[1]!) / 2],
    ['is the mean of all classes where none is', null, (1 + 2 / 3 + 2 / 3) / 3],
  ])('%s', async (_, background, expected) => {
    const result = await evaluate(options(background));
    expect(result.dice).toEqual(dice.map((value) => expect.closeTo(value, 12)));
    expect(result.foregroundDice).toBeCloseTo(expected, 12);
  });

  it('comes with the counts of each image', async () => {
    const { cases } = await evaluate(options());
    expect(cases.map(({ id, classes }) => [id, classes.map(({ target, predicted, overlap }) => [target, predicted, overlap])])).toEqual([
      ['a', [[1, 1, 1], [1, 2, 1], [2, 1, 1]]],
    ]); // prettier-ignore
    expect((await evaluate({ ...options(), distances: 'hd95' })).cases[0]!.classes[1]!.hd95).not.toBeNull();
  });

  it('is not made of logits that are not finite', async () => {
    const model = predicting([0, 0, 0, 0], 3);
    model.predict = () => tf.fill([1, 1, 4, 3], NaN);
    const failed = evaluate({ ...options(), model, epoch: 2 });
    await expect(failed).rejects.toThrow(DivergedError);
    await expect(evaluate({ ...options(), model, epoch: 2 })).rejects.toThrow(
      'training diverged: the prediction is not finite at epoch 2, in validation, images a',
    );
  });

  it('chooses the best epoch, under its older name too; other names are refused', async () => {
    const data = await toy();
    const model = () => unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2], seed: 1 });
    const options = { ...data, loss: parseLoss('ce'), epochs: 2, optimizer: { learningRate: 0.02 } };
    const both = await Promise.all(
      (['foregroundDice', 'meanDice'] as const).map(async (metric) =>
        (await run({ ...options, model: model(), monitor: { metric } })).map(({ best, val }) => [best, val]),
      ),
    );
    expect(both[1]).toEqual(both[0]);
    await expect(run({ ...options, model: model(), monitor: { metric: 'dice' as never } })).rejects.toThrow(
      'train: monitor: unknown metric "dice" (did you mean "foregroundDice"?); known metrics: foregroundDice, foregroundIou, loss',
    );
    await expect(run({ ...options, model: model(), background: 2 })).rejects.toThrow(
      'train: wanted background from 0 to 1 or null, got 2',
    );
    await expect(run({ ...options, val: [data.val[0]!, data.val[0]!], model: model() })).rejects.toThrow(
      'train: wanted a different id for each validation image, got val-000 twice',
    );
  });
});

describe('a metric that is undefined in an epoch', () => {
  it('is neither better nor worse', () => {
    const follow = (values: number[], minDelta = 0) => {
      const best = new BestSoFar('max', minDelta);
      return values.map((value) => [best.observe(value), best.state.best, best.state.stale]);
    };
    expect(follow([NaN, NaN, 0.2, NaN, 0.1, NaN, 0.3])).toEqual([
      [true, null, 0], // the best weights there are
      [true, null, 0],
      [true, 0.2, 0],
      [false, 0.2, 0],
      [false, 0.2, 1],
      [false, 0.2, 1],
      [true, 0.3, 0],
    ]);
    // The best is kept even where it is not better by enough to go on.
    expect(follow([0.2, 0.25, 0.35], 0.1)).toEqual([[true, 0.2, 0], [true, 0.25, 1], [true, 0.35, 0]]); // prettier-ignore
  });

  it('is one without any foreground in the truth, whatever is predicted', () => {
    const val = { loss: 1, foregroundDice: 0, foregroundIou: 0, truth: [1, 0] };
    expect(monitoredValue(val, 'foregroundDice', 0)).toBeNaN();
    expect(monitoredValue(val, 'loss', 0)).toBe(1);
    expect(monitoredValue({ ...val, foregroundDice: 0.5 }, 'foregroundDice', null)).toBe(0.5);
    expect(monitoredValue({ ...val, truth: [0.9, 0.1] }, 'foregroundDice', 0)).toBe(0);
  });

  it('leaves a best checkpoint, which is the last, says so once, and stops nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'segloss-undefined-'));
    const data = await toy();
    const val = data.val.map((sample) => ({ ...sample, mask: new Uint8Array(sample.mask.length) }));
    const model = unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2], seed: 1 });
    const rates: number[] = [];
    const reports = await run({
      ...{
        ...data,
        val,
        model,
        loss: parseLoss('ce'),
        epochs: 5,
        optimizer: { learningRate: 0.02 },
        batchSize: 12,
      },
      schedule: { name: 'plateau', patience: 0 },
      earlyStopping: { patience: 1 },
      checkpoint: { folder, say: () => undefined },
      onStep: ({ learningRate }) => void rates.push(learningRate),
    });
    expect(reports.map(({ best }) => best)).toEqual([true, true, true, true, true]);
    expect(new Set(rates)).toEqual(new Set([0.02]));
    const [best, last] = (['best', 'last'] as const).map((name) => readCheckpoint(folder, name).tensors);
    const bytes = (tensors: typeof last) =>
      Object.entries(tensors!).filter(([name]) => name.startsWith('weights/')).map(([, { values }]) => values.join()); // prettier-ignore
    expect(bytes(best)).toEqual(bytes(last));
    expect(notes).toEqual([
      'no validation image has a foreground pixel, so foregroundDice is undefined: the checkpoint best holds the last weights, ' +
        'and neither early stopping nor a plateau schedule acts; monitor the loss instead',
    ]);
    rmSync(folder, { recursive: true });
  });
});

describe('statistics of batch normalization', () => {
  const network = (momentum = 0.9) =>
    unet({
      inputShape: [16, 16, 1],
      outputs: 1,
      widths: [4, 8],
      norm: 'batch',
      seed: 1,
      batchNormMomentum: momentum,
    });
  /** Predicted over true proportion of the foreground of the training images after a training that has converged. */
  async function ratio(options: Partial<TrainOptions>, momentum?: number): Promise<number> {
    const data = await toy();
    const reports = await run({
      ...{
        ...data,
        val: data.train,
        model: network(momentum),
        loss: parseLoss('ce'),
        epochs: 70,
        batchSize: 4,
      },
      ...{ optimizer: { learningRate: 0.02 }, augment: false, seed: 2 },
      ...options,
    });
    const { soft, truth } = reports.at(-1)!.val;
    return soft[1]! / truth[1]!;
  }

  it.each<[TrainOptions['batchNormStatistics']]>([['running'], ['exact']])(
    'of kind %s keep the size of the training images under cross-entropy within 5 %%',
    async (batchNormStatistics) => {
      const got = await ratio({ batchNormStatistics: batchNormStatistics! });
      expect(got).toBeGreaterThan(0.95);
      expect(got).toBeLessThan(1.05);
    },
  );

  it('that lag a hundred updates behind miss it, which is why the default is 0.9', async () => {
    expect(await ratio({ batchNormStatistics: 'running' }, 0.99)).toBeLessThan(0.8);
  });

  it('that are exact do not depend on the momentum; running ones do', async () => {
    const hash = async (momentum: number, batchNormStatistics: 'running' | 'exact') => {
      const model = network(momentum);
      const data = await toy();
      await run({ ...data, model, loss: parseLoss('ce'), epochs: 2, batchSize: 4, batchNormStatistics });
      return weightsHash(model);
    };
    expect(await hash(0.5, 'exact')).toBe(await hash(0.99, 'exact'));
    expect(await hash(0.5, 'running')).not.toBe(await hash(0.99, 'running'));
  });

  it('are warned of where an epoch is shorter than their memory', async () => {
    const data = await toy();
    const options = { ...data, loss: parseLoss('ce'), epochs: 1, batchSize: 4 };
    await run({ ...options, model: network() });
    expect(notes).toEqual([
      'an epoch has 3 updates, but the running averages of batch normalization reach back about 10 (momentum 0.9): ' +
        'early validations use statistics of older weights; set batchNormStatistics: exact',
    ]);
    notes.length = 0;
    await run({ ...options, model: network(0.6) });
    await run({ ...options, model: network(), batchNormStatistics: 'exact' });
    expect(notes).toEqual([]);
    const plain = unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2] });
    await run({ ...options, model: plain, batchNormStatistics: 'exact' });
    expect(notes).toEqual([
      'batchNormStatistics: exact changes nothing: the model has no batch normalization',
    ]);
  });
});

describe('the last batch of one image', () => {
  const NARROW = { encoderWidth: 2 };
  it.each<[string, object]>([
    ['unet', { widths: [2, 4], norm: 'none' }],
    ['unet', { widths: [2, 4], norm: 'batch' }],
    ['unet', { widths: [2, 4], norm: 'instance' }],
    ['unet-resnet18', { ...NARROW, decoderWidths: [8, 4, 4, 4, 2] }],
    ['fpn-resnet18', { ...NARROW, pyramidChannels: 4, segmentationChannels: 32 }],
  ])('trains %s with %j', async (name, options) => {
    const data = await toy(32, 5);
    for (const batchSize of [2, 1]) {
      const model = buildModel(name, { inputShape: [32, 32, 1], outputs: 1, seed: 1, ...options });
      const before = await weightsHash(model);
      const [report] = await run({ ...data, model, loss: parseLoss('ce + dice'), epochs: 1, batchSize });
      expect(report!.steps).toBe(Math.ceil(5 / batchSize));
      expect(report!.loss).toBeGreaterThan(0);
      expect(await weightsHash(model)).not.toBe(before);
    }
  });
});

describe('the prior of the output bias', () => {
  it('starts from the proportions of the training images', async () => {
    const data = await toy();
    const pixels = data.train.flatMap(({ mask }) => Array.from(mask));
    const q = (pixels.filter((label) => label === 1).length + 1) / (pixels.length + 2);
    const start = async (outputBias: 'zero' | 'prior') => {
      const model = unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2], seed: 1 });
      const controller = new AbortController();
      await run({ ...data, model, loss: parseLoss('ce'), epochs: 1, outputBias, signal: controller.signal, optimizer: { learningRate: 1e-12 } }); // prettier-ignore
      return model.weights.at(-1)!.read().dataSync()[0]!;
    };
    expect(await start('zero')).toBeCloseTo(0, 6);
    expect(await start('prior')).toBeCloseTo(Math.log(q / (1 - q)), 5);
  });

  it('comes with weights of both signs, where the last layer starts with one', async () => {
    const signs = async (outputBias: 'zero' | 'prior') => {
      const model = unet({
        inputShape: [16, 16, 3],
        outputs: 1,
        widths: [8, 16, 32, 64, 128],
        norm: 'batch',
        seed: 3,
      });
      const { train, val } = await toy();
      const colors = (sample: Sample) => ({ ...sample, channels: 3, image: Float32Array.from({ length: 3 * sample.image.length }, (_, i) => sample.image[Math.floor(i / 3)]!) }); // prettier-ignore
      const controller = new AbortController();
      await run({ train: train.map(colors), val: val.map(colors), classes: ['no', 'yes'], model, loss: parseLoss('ce'), epochs: 1, outputBias, signal: controller.signal, optimizer: { learningRate: 1e-12 } }); // prettier-ignore
      return new Set(model.weights.find(({ shape }) => shape.length === 4 && shape[0] === 1)!.read().dataSync().map(Math.sign)); // prettier-ignore
    };
    expect((await signs('zero')).size).toBe(1);
    expect((await signs('prior')).size).toBe(2);
  });

  it('needs the masks of sources alone', async () => {
    const { train } = await toy();
    const asked: unknown[] = [];
    const sources = train.map((sample) => ({
      id: sample.id,
      load: async (wanted?: { maskOnly?: boolean }) => {
        asked.push(wanted);
        return { ...sample, image: new Float32Array(0) };
      },
    }));
    expect(await classPrior(sources, 2)).toEqual(await classPrior(train, 2));
    expect(asked).toEqual(train.map(() => ({ maskOnly: true })));
  });
});

describe('the average of the weights', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'segloss-ema-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const network = () => unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2], norm: 'batch', seed: 1 });

  it('is what its recursion says, and is what validation and the trained model have', async () => {
    const data = await toy();
    const common = {
      ...data,
      loss: parseLoss('ce'),
      batchSize: 4,
      optimizer: { learningRate: 0.05 },
      augment: false,
    };
    // The same steps without an average; its kernel after each of them.
    const [plain, averaged] = [network(), network()];
    const kernel = (model: typeof plain) => Array.from(model.weights[0]!.read().dataSync());
    const steps = [kernel(plain)];
    await run({ ...common, model: plain, epochs: 2, onStep: () => void steps.push(kernel(plain)) });
    const expected = steps.slice(1).reduce((average, now, t) => {
      const decay = Math.min(0.5, (1 + t) / (10 + t));
      return average.map((value, i) => decay * value + (1 - decay) * now[i]!);
    }, steps[0]!);
    const reports = await run({ ...common, model: averaged, epochs: 2, ema: 0.5 });
    kernel(averaged).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    const again = await evaluate({ ...common, model: averaged, samples: data.val, epoch: 1 });
    expect(again.loss).toBe(reports.at(-1)!.val.loss);
    await expect(run({ ...common, model: network(), epochs: 1, ema: 1 })).rejects.toThrow(
      'wanted ema between 0 and 1, got 1',
    );
  });

  it.each(['running', 'exact'] as const)(
    'resumes bit-identical with %s statistics',
    async (batchNormStatistics) => {
      const data = await toy();
      const settings = { ...data, loss: parseLoss('ce + dice'), epochs: 3, batchSize: 4, optimizer: { learningRate: 0.05 }, ema: 0.9, batchNormStatistics, outputBias: 'prior' as const }; // prettier-ignore
      const whole = network();
      const expected = await run({ ...settings, model: whole });
      const reports: EpochReport[] = [];
      let model = network();
      for (let starts = 0; reports.length < 3 && starts < 20; starts++) {
        model = network();
        const controller = new AbortController();
        let steps = 0;
        const onStep = () => void (++steps === 2 && controller.abort());
        reports.push(...(await run({ ...settings, model, onStep, signal: controller.signal, checkpoint: { folder, say: () => undefined } }))); // prettier-ignore
      }
      const untimed = (all: EpochReport[]) => all.map((one) => ({ ...one, seconds: 0, waitingSeconds: 0 }));
      expect(untimed(reports)).toEqual(untimed(expected));
      expect(await weightsHash(model)).toBe(await weightsHash(whole));
      const best = readCheckpoint(folder, 'best').tensors;
      expect(Object.keys(best)).toHaveLength(whole.weights.length);
    },
  );

  it('leaves no tensors', async () => {
    const data = await toy();
    const model = network();
    const options = { ...data, model, loss: parseLoss('ce'), epochs: 1, batchSize: 4, ema: 0.9 };
    const leaks = await tensorLeaks(
      async () => void (await run({ ...options, batchNormStatistics: 'exact' })),
    );
    expect(leaks).toBe(0);
  });
});
