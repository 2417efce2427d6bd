// How long a training is, and to which size images are resized, where the user says neither.
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  configTemplate,
  parseConfig,
  planRun,
  runTraining,
  readMetrics,
} from '@segloss/trainer';

import { autoSize } from '../src/run/auto-size.js';
import { trainingLength } from '../src/run/training-length.js';
import { scratch, tinyRun, writeDataset, writePng } from './run-fixture.js';

const { folder, remove } = scratch();
afterAll(remove);

const length = (keys: object, samples: number) =>
  trainingLength(parseConfig({ data: { folder: 'demo' }, ...keys }), samples);

describe('a budget of updates', () => {
  it.each([
    [{ updates: 100, batchSize: 4 }, 40, { stepsPerEpoch: 10, epochs: 10 }],
    [{ updates: 104, batchSize: 4 }, 41, { stepsPerEpoch: 11, epochs: 9 }], // 9 x 11 = 99, 10 x 11 = 110
    [{ updates: 100, batchSize: 4, gradient: { accumulate: 2 } }, 40, { stepsPerEpoch: 5, epochs: 20 }],
    [{ updates: 10, batchSize: 4 }, 4000, { stepsPerEpoch: 1000, epochs: 1 }],
    [{ epochs: 3, batchSize: 4 }, 40, { stepsPerEpoch: 10, epochs: 3 }],
    [{ batchSize: 8 }, 80, { stepsPerEpoch: 10, epochs: 100 }], // 1000 updates by default
  ])('%j of %i images', (keys, samples, expected) => {
    expect(length(keys, samples)).toEqual(expected);
  });

  it('excludes epochs in one place, and a later layer replaces the other key', () => {
    expect(() => parseConfig({ data: { folder: 'demo' }, epochs: 2, updates: 9 })).toThrow(ConfigError);
    const text = 'base: { data: { folder: demo }, updates: 50 }';
    const later = (set: string[]) =>
      configTemplate({ text, name: 'b.yaml' }, { keys: [], set }).configure([]).config;
    expect(later([])).toMatchObject({ updates: 50 });
    expect(later(['epochs=3'])).toMatchObject({ epochs: 3 });
    expect(later(['epochs=3']).updates).toBeUndefined();
    expect(later(['epochs=3', 'updates=7'])).toMatchObject({ updates: 7 });
    expect(later(['epochs=3', 'updates=7']).epochs).toBeUndefined();
    expect(later(['epochs=null'])).toMatchObject({ updates: 50 });
  });

  it('is what a run trains', async () => {
    writeDataset(path.join(folder, 'data'), [0, 2, 4, 6, 8, 10, 12, 14]);
    const tiny = tinyRun(folder, { updates: 7, epochs: undefined });
    const plan = await planRun(tiny);
    const images = plan.images.train.length;
    const { folder: home } = await runTraining(tiny);
    const { lines } = readMetrics(path.join(home, 'metrics.jsonl'));
    const perEpoch = Math.ceil(images / 2);
    const nearest = [1, 2, 3, 4, 5, 6, 7].sort(
      (a, b) => Math.abs(a * perEpoch - 7) - Math.abs(b * perEpoch - 7),
    )[0]!;
    expect([lines.length, lines.at(-1)!.step, plan.epochs]).toEqual([nearest, nearest * perEpoch, nearest]);
  });
});

describe('the size without a choice', () => {
  it.each<[[number, number][], [number, number]]>([
    [[[32, 32]], [32, 32]],
    [[[128, 128]], [128, 128]],
    [[[512, 512]], [128, 128]],
    [[[360, 480]], [112, 144]], // 110.9 x 147.8
    [
      [
        [35, 50],
        [36, 50],
        [400, 400],
      ],
      [32, 48],
    ], // the medians, 36 x 50
    [[[4, 4]], [16, 16]],
    [[[20, 4000]], [16, 1808]], // 9.05 x 1810.2
  ])('%j → %j', (sizes, expected) => {
    expect(autoSize(sizes)).toEqual(expected);
  });
});

describe('images of different sizes', () => {
  it('train at one that is chosen for them, and are refused at their own', async () => {
    const mixed = path.join(folder, 'mixed');
    writeDataset(path.join(mixed, 'data'), [2, 4, 6, 8], 16);
    for (const part of ['images', 'masks'])
      writePng(path.join(mixed, 'data', part, '9.png'), 40, (x) => (part === 'images' ? x : Number(x < 9)));
    const keys = { epochs: 1, data: { folder: path.join(mixed, 'data'), size: 'auto' } };
    let shape: readonly number[] = [];
    await runTraining(tinyRun(mixed, keys), {
      onEvent: (event) => void (event.type === 'run.start' && (shape = event.inputShape)),
    });
    expect(shape).toEqual([16, 16, 1]);
    for (const size of ['original', undefined]) {
      const own = tinyRun(mixed, { ...keys, data: { folder: keys.data.folder, ...(size && { size }) } });
      await expect(runTraining(own)).rejects.toThrow(/wanted images of one size/);
    }
  });
});
