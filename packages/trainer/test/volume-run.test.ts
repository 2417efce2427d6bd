// Runs on volumes: whole and in patches, stopped and resumed, tested, predicted, averaged over runs and mirrorings.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readNifti, writeNifti } from '@segloss/data';
import {
  openRun,
  parseConfig,
  predictFolder,
  predictSliding,
  readScores,
  runTraining,
  testRun,
  unet,
  type LoadedConfig,
  type RunEvent,
} from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as modelOf, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { scratch } from './run-fixture';

let folder: string;
let remove: () => void;

/** Volumes of different sizes with a bright box; voxels of 2 x 1 x 1 mm. */
async function writeVolumes(to: string, count: number): Promise<void> {
  for (const part of ['imagesTr', 'labelsTr']) mkdirSync(path.join(to, part), { recursive: true });
  writeFileSync(
    path.join(to, 'dataset.json'),
    JSON.stringify({ labels: { 0: 'background', 1: 'front', 2: 'back' }, modality: { 0: 'MRI' } }),
  );
  for (let n = 0; n < count; n++) {
    const shape = [5 + (n % 3), 10, 9 + n] as const;
    const voxels = shape[0] * shape[1] * shape[2];
    const label = Uint8Array.from({ length: voxels }, (_, i) => {
      const [z, y, x] = [Math.floor(i / (shape[1] * shape[2])), Math.floor(i / shape[2]) % shape[1], i % shape[2]]; // prettier-ignore
      return y >= 3 && y < 7 && x >= 2 && x < 7 ? (z < 3 ? 1 : 2) : 0;
    });
    const image = Uint8Array.from(label, (one, i) => 40 * one + ((i * 7) % 11));
    const affine = [[0, 0, 1, 0], [0, 1, 0, 0], [2, 0, 0, 0]] as const; // prettier-ignore
    const geometry = { shape: [...shape], affine } as unknown as Parameters<typeof writeNifti>[2];
    await writeNifti(path.join(to, 'imagesTr', `case_${n}.nii.gz`), image, geometry);
    await writeNifti(path.join(to, 'labelsTr', `case_${n}.nii.gz`), label, geometry);
  }
}

function volumeRun(data: object = {}, keys: object = {}): LoadedConfig {
  const config = parseConfig({
    data: { folder: path.join(folder, 'data'), volumes: 'patches', size: [4, 8, 8], patches: { perVolume: 2 }, ...data },
    model: { widths: [2, 4], strides: [[1, 2, 2]], norm: 'instance' },
    epochs: 2,
    batchSize: 2,
    augment: 'volume',
    backend: 'wasm',
    out: path.join(folder, 'runs'),
    ...keys,
  }); // prettier-ignore
  return { config, origin: {}, folder, file: path.join(folder, 'volume.yaml') };
}

beforeAll(async () => {
  ({ folder, remove } = scratch());
  await writeVolumes(path.join(folder, 'data'), 5);
});
afterAll(() => remove());

const text = (home: string, name: string) => readFileSync(path.join(home, name), 'utf8');

describe('a run on slices', () => {
  it('has scores of volumes, from the pixels of all their slices', async () => {
    const loaded = volumeRun({ volumes: 'slices', size: [8, 8], patches: undefined }, { augment: 'flip', model: { widths: [2] } }); // prettier-ignore
    const { folder: home } = await runTraining(loaded);
    const run = await openRun(home);
    const report = await testRun(run);
    run.model.dispose();
    for (const { cases, volumes } of [report, readScores(path.join(home, 'scores.json')).last]) {
      const sums = new Map<string, { both: number; any: number }[]>();
      for (const { id, classes } of cases) {
        const name = id.split('/')[0]!;
        const own = sums.get(name) ?? classes.map(() => ({ both: 0, any: 0 }));
        classes.forEach(({ overlap, target, predicted }, k) => {
          own[k]!.both += 2 * overlap;
          own[k]!.any += target + predicted;
        });
        sums.set(name, own);
      }
      expect(sums.size).toBeLessThan(cases.length);
      const dice = [...sums].map(([id, own]) => [id, own.map(({ both, any }) => (any === 0 ? null : both / any))]); // prettier-ignore
      expect(volumes!.cases.map(({ id, classes }) => [id, classes.map((one) => one.dice)])).toEqual(dice);
      expect(volumes!.summary.cases).toBe(sums.size);
    }
  });

  it('has none of volumes of which it has some slices only', async () => {
    const loaded = volumeRun({ volumes: 'slices', size: [8, 8], patches: undefined, limit: 3 }, { augment: 'flip', model: { widths: [2] }, epochs: 1 }); // prettier-ignore
    const { folder: home } = await runTraining(loaded);
    const run = await openRun(home);
    expect([(await testRun(run)).volumes, readScores(path.join(home, 'scores.json')).last.volumes]).toEqual([undefined, undefined]); // prettier-ignore
    run.model.dispose();
  });
});

describe('a run on patches', () => {
  it('ends bit-identical where it was stopped within an epoch', async () => {
    const loaded = volumeRun({ spacing: [1, 1, 1] }, { checkpoint: { everySteps: 1 }, ema: 0.9 });
    const files = ['metrics.jsonl', 'scores.json', 'summary.json', 'examples.json'];
    const whole = await runTraining(loaded);
    const undisturbed = files.map((name) => text(whole.folder, name));
    rmSync(whole.folder, { recursive: true });
    const interrupt = new AbortController();
    const onEvent = (event: RunEvent) => {
      if (event.type === 'step' && event.step === 5) interrupt.abort();
    };
    const stopped = await runTraining(loaded, { onEvent, signal: interrupt.signal });
    expect(stopped.summary).toMatchObject({ status: 'interrupted', epochs: 1 });
    const rest = await runTraining(loaded);
    expect(files.map((name) => text(rest.folder, name))).toEqual(undisturbed);
    // 4 volumes, 2 patches of each, 2 in a batch.
    expect(rest.summary.last).toMatchObject({ step: 8 });
    expect(JSON.parse(text(rest.folder, 'dataset.json'))).toMatchObject({ inputShape: [4, 8, 8, 1] });
  });

  it('is tested and predicts at the size of the volume, resampled to the spacing in between', async () => {
    const run = await openRun((await runTraining(volumeRun({ spacing: [1, 1, 1] }))).folder);
    const { cases } = await testRun(run, { surfaceTolerance: 2 });
    const [one] = cases;
    const file = path.join(folder, 'data', 'labelsTr', `${one!.id}.nii.gz`);
    const truth = await readNifti(file);
    expect(one!.classes[0]!.pixels).toBe(truth.values.length);
    const out = path.join(folder, 'labels');
    const { written } = await predictFolder(run, path.join(folder, 'data', 'imagesTr'), out);
    expect(written).toHaveLength(5);
    const labels = await readNifti(path.join(out, `${one!.id}.nii.gz`));
    expect([labels.shape, labels.affine]).toEqual([truth.shape, truth.affine]);
    const count = (label: number) => labels.values.filter((value) => value === label).length;
    expect([0, 1, 2].map(count)).toEqual(one!.classes.map(({ predicted }) => predicted));
    run.model.dispose();
  });
});

describe('a run on whole volumes', () => {
  it('resizes them, and predicts at their own size', async () => {
    const keys = { size: [4, 8, 8], volumes: 'whole', patches: undefined, intensityRange: [0, 90] };
    const run = await openRun((await runTraining(volumeRun(keys, { augment: 'flip', epochs: 1 }))).folder);
    const { cases } = await testRun(run);
    expect(cases).toHaveLength(1);
    expect(cases[0]!.classes[0]!.pixels).toBeGreaterThan(4 * 8 * 8);
    run.model.dispose();
  });
});

describe('keys that contradict each other', () => {
  it.each([
    [{ size: 8 }, 'needs the size of a patch'],
    [{ volumes: 'slices' }, 'a size of three sides is one of volumes'],
    [{ volumes: 'whole' }, 'only volumes: patches has patches'],
    [{ volumes: 'whole', patches: undefined, spacing: [1, 1, 1] }, 'resamples to a spacing'],
    [{ intensityRange: [2, 1] }, 'wanted [low, high]'],
  ])('are refused: %j', (data, message) => {
    expect(() => volumeRun(data)).toThrow(message);
  });

  it('names data that hold no volumes', async () => {
    await expect(runTraining(volumeRun({ folder: 'demo' }))).rejects.toThrow('demo holds images');
  });
});

describe('windows over a volume', () => {
  it('leave a network of single voxels as it is', async () => {
    const image = input({ shape: [2, 3, 4, 1] });
    const pointwise = layers.conv3d({ filters: 2, kernelSize: 1, useBias: false, weights: [tf.tensor([1, -2], [1, 1, 1, 1, 2])] }); // prettier-ignore
    const model = modelOf({ inputs: image, outputs: pointwise.apply(image) as SymbolicTensor });
    const size = { depth: 3, height: 7, width: 2 }; // deeper, higher and narrower than a window
    const values = Float32Array.from({ length: 42 }, (_, i) => Math.sin(i));
    const sample = { id: 'a', ...size, channels: 1, image: values, mask: new Uint8Array(42) };
    const { probabilities, labels } = await predictSliding(model, sample);
    values.forEach((value, i) => {
      expect(probabilities[2 * i]).toBeCloseTo(1 / (1 + Math.exp(-3 * value)), 5);
      expect(labels[i]).toBe(value < 0 ? 1 : 0);
    });
    await expect(predictSliding(unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2] }), sample)).rejects.toThrow('wanted an image as the model takes'); // prettier-ignore
    model.dispose();
  });
});
