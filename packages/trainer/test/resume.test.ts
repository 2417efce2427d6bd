// A training that was ended, or whose checkpoint was damaged, ends with the bytes of one that ran through.
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataError, type SampleSource } from '@segloss/data';
import { parseLoss } from '@segloss/losses';
import {
  CheckpointError,
  selectBackend,
  train,
  unet,
  weightsHash,
  type EpochReport,
  type TrainOptions,
} from '@segloss/trainer';

import { checkpointFile } from '../src/checkpoint/store';
import { syntheticImages, type SyntheticImages } from './synthetic-images';

let data: SyntheticImages;
let folder: string;
const said: string[] = [];

beforeAll(async () => {
  await selectBackend('wasm');
  data = await syntheticImages({ size: 16, train: 10, val: 3 });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'segloss-resume-'));
  said.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const network = () => unet({ inputShape: [16, 16, 1], outputs: 1, widths: [3, 4], norm: 'batch', seed: 5 });
const settings = (): Omit<TrainOptions, 'model'> => ({
  ...data,
  loss: parseLoss('ce + geometric(start=0.1,factor=2,every=1)*l1'),
  epochs: 4,
  batchSize: 2,
  optimizer: { name: 'adam', weightDecay: 1e-4, learningRate: 0.01 },
  schedule: { name: 'plateau', patience: 0, factor: 0.5, warmup: { epochs: 1 } },
  gradient: { clipNorm: 1, accumulate: 2 },
  seed: 3,
  monitor: { metric: 'loss' },
  onNote: () => undefined,
});

/** Trains, perhaps only up to the end of an update, and tells what came of it. */
async function run(options: Partial<TrainOptions> = {}, stopAfter = Infinity) {
  const controller = new AbortController();
  const model = options.model ?? network();
  const reports: EpochReport[] = [];
  const steps: number[] = [];
  const checkpoint = { folder, say: (text: string) => void said.push(text), ...options.checkpoint };
  const onStep = ({ step }: { step: number }) => {
    steps.push(step);
    if (steps.length >= stopAfter) controller.abort();
  };
  const all = { ...settings(), ...options, model, checkpoint, signal: controller.signal, onStep };
  for await (const report of train(all)) reports.push({ ...report, seconds: 0, waitingSeconds: 0 });
  return { hash: await weightsHash(model), reports, steps };
}

async function throughout() {
  const model = network();
  const reports: EpochReport[] = [];
  for await (const report of train({ ...settings(), model }))
    reports.push({ ...report, seconds: 0, waitingSeconds: 0 });
  return { hash: await weightsHash(model), reports };
}

describe('a resumed training', () => {
  it.each([1, 2, 3, 4, 7])(
    'that ended every %i updates has the same weights and reports',
    async (updates) => {
      const whole = await throughout();
      const reports: EpochReport[] = [];
      const steps: number[] = [];
      let last: Awaited<ReturnType<typeof run>>;
      do {
        last = await run({}, updates);
        reports.push(...last.reports);
        steps.push(...last.steps);
      } while (last.steps.length > 0 && steps.length < 100);
      expect(steps).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect(last.hash).toBe(whole.hash);
      expect(reports).toEqual(whole.reports);
    },
  );

  it('does nothing more when it has finished, and gives the weights back', async () => {
    const first = await run();
    const again = await run();
    expect(again).toEqual({ hash: first.hash, reports: [], steps: [] });
  });

  it('loses nothing when an image cannot be read in the middle of an epoch', async () => {
    const whole = await throughout();
    let broken = true;
    const sources: SampleSource[] = data.train.map((sample) => ({
      id: sample.id,
      load: () =>
        broken && sample.id === 'train-004'
          ? Promise.reject(new DataError('train-004.png: not an image'))
          : Promise.resolve(sample),
    }));
    await expect(run({ train: sources })).rejects.toThrow('train-004.png: not an image');
    broken = false;
    const rest = await run({ train: sources });
    expect(rest.hash).toBe(whole.hash);
  });

  it('ends early when the metric no longer gets better, and stays so', async () => {
    const stopping = {
      epochs: 9,
      optimizer: { learningRate: 1e-9 },
      earlyStopping: { patience: 2, minDelta: 0.5 },
    };
    const { reports, hash } = await run(stopping);
    expect(reports.map(({ best }) => best)).toEqual([true, false, false]);
    expect(await run(stopping)).toEqual({ hash, reports: [], steps: [] });
  });

  it('saves after every so many updates when it is told to', async () => {
    const times: number[] = [];
    const checkpoint = { folder, everySteps: 1 };
    const model = network();
    const onStep = () => {
      const files = readdirSync(folder).filter((name) => name.startsWith('last'));
      times.push(files.length);
    };
    const training = train({ ...settings(), epochs: 1, model, checkpoint, onStep });
    await training.next();
    await training.return();
    expect(times).toEqual([0, 1, 1]);
  });
});

describe('a checkpoint', () => {
  const bytesOf = (name: 'last' | 'previous' | 'best') => readFileSync(checkpointFile(folder, name));

  it('that is cut short is named, and the one before is used', async () => {
    const whole = await throughout();
    await run({}, 5);
    await run({}, 2);
    const file = checkpointFile(folder, 'last');
    truncateSync(file, statSync(file).size - 3);
    said.length = 0;
    const rest = await run();
    expect(said[0]).toMatch(
      /^the checkpoint .*last\.safetensors is damaged: .*; going on from .*previous\.safetensors$/,
    );
    expect(rest.steps[0]).toBe(6);
    expect(rest.hash).toBe(whole.hash);
  });

  it('with any bit flipped is detected', async () => {
    await run({}, 5);
    const good = bytesOf('last');
    rmSync(checkpointFile(folder, 'previous'), { force: true });
    for (let i = 0; i < 60; i++) {
      const bad = Buffer.from(good);
      const at = Math.floor((i / 60) * good.length);
      bad[at]! ^= 1 << (i % 8);
      writeFileSync(checkpointFile(folder, 'last'), bad);
      await expect(run()).rejects.toThrow(CheckpointError);
    }
    await expect(run()).rejects.toThrow(/last\.safetensors is damaged: .*; remove the folder to train anew/);
  });

  it('of other settings is refused, and says which', async () => {
    await run({}, 2);
    await expect(run({ seed: 4, batchSize: 3 })).rejects.toThrow(
      'holds a training with other settings (batchSize, seed); choose another folder',
    );
  });

  it('is a safetensors file that Python reads too', async () => {
    await run({}, 2);
    const bytes = bytesOf('last');
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
      string,
      { data_offsets: number[] }
    >;
    const ends = Object.values(header).flatMap(({ data_offsets: offsets }) => offsets?.[1] ?? []);
    expect(8 + length + Math.max(...ends)).toBe(bytes.length);
    expect(length % 8).toBe(0);
    expect(Object.keys(header)).toEqual(
      expect.arrayContaining(['weights/0', 'optimizer/m/0', 'optimizer/v/0']),
    );
  });

  it('leaves no half-written file behind when the disk refuses', async () => {
    await run({}, 2);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder should be');
    await expect(run({}, 1)).rejects.toThrow(/ENOTDIR|EEXIST/);
    rmSync(folder);
  });
});
