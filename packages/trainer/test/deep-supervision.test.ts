// Losses at several resolutions: their weights, a resumed training, and what a run keeps.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseLoss } from '@segloss/losses';
import {
  CheckpointError,
  exportModel,
  openRun,
  releaseBackend,
  runTraining,
  selectBackend,
  supervisedModel,
  train,
  unet,
  weightsHash,
  type EpochReport,
  type TrainOptions,
} from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { toBatch } from '../src/loop/batches';
import { lossAndGradients } from '../src/loop/step';
import { scratch, tinyRun, writeDataset } from './run-fixture';
import { syntheticImages, type SyntheticImages } from './synthetic-images';

let data: SyntheticImages;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'segloss-deep-'));
  await selectBackend('wasm');
  data = await syntheticImages({ size: 16, train: 10, val: 3 });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await releaseBackend();
});

const rows = (count: number) => Array.from({ length: count }, (_, i) => i);
const network = (deepSupervision = true) =>
  unet({
    inputShape: [16, 16, 1],
    outputs: 1,
    widths: [3, 4, 5, 6],
    norm: 'batch',
    seed: 5,
    deepSupervision,
  });
const options = (): Omit<TrainOptions, 'model'> => ({
  ...data,
  loss: parseLoss('ce + 0.5*dice'),
  ...{ epochs: 2, batchSize: 2, ema: 0.9, seed: 3, onNote: () => undefined },
  optimizer: { name: 'sgd', momentum: 0.9, learningRate: 0.05 },
});

/** Trains to the end, or to the signal. */
async function finish(reports: AsyncGenerator<EpochReport>): Promise<void> {
  while (!(await reports.next()).done);
}

describe('deep supervision', () => {
  it('weighs the losses of the resolutions 4/7, 2/7 and 1/7', async () => {
    const model = network();
    const trained = supervisedModel(model)!;
    const loss = parseLoss('ce');
    const samples = data.train.slice(0, 2);
    const { images } = toBatch(samples);
    const variables = trained.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const outputs = trained.apply(images, { training: true }) as tf.Tensor[];
    // Pixel (y, x) of a resolution that is f times lower has the label at (y f + f/2, x f + f/2).
    const at = (f: number) =>
      tf.tensor3d(samples.map(({ mask }) => rows(16 / f).map((y) => rows(16 / f).map((x) => mask[(y * f + (f >> 1)) * 16 + x * f + (f >> 1)]!))), undefined, 'int32'); // prettier-ignore
    const parts = outputs.map((logits, level) => loss(at(2 ** level), logits).dataSync()[0]!);
    expect(parts).toHaveLength(3);
    const { loss: total, terms, gradients } = await lossAndGradients(trained, variables, loss, samples, 0);
    expect(total).toBeCloseTo((4 * parts[0]! + 2 * parts[1]! + parts[2]!) / 7, 5);
    expect(terms['ce']).toBeCloseTo(total, 6);
    expect(gradients.every((gradient) => tf.norm(gradient).dataSync()[0]! > 0)).toBe(true);
    tf.dispose(gradients);
    model.dispose();
  });

  it('resumes bit-identical, auxiliary weights and averages included', async () => {
    const whole = network();
    await finish(train({ ...options(), model: whole }));
    const wanted = await weightsHash(whole);
    for (const stopAfter of [1, 4]) {
      const checkpoint = { folder: path.join(folder, String(stopAfter)), say: () => undefined };
      let last = 0;
      for (let attempt = 0; attempt < 20; attempt++) {
        const controller = new AbortController();
        const model = network();
        let steps = 0;
        const onStep = () => {
          if (++steps >= stopAfter) controller.abort();
        };
        await finish(train({ ...options(), model, checkpoint, signal: controller.signal, onStep }));
        last = steps;
        if (steps === 0) expect(await weightsHash(model)).toBe(wanted);
        model.dispose();
        if (steps === 0) break;
      }
      expect(last).toBe(0);
    }
    const other = { ...options(), model: network(false), checkpoint: { folder: path.join(folder, '1') } };
    await expect(finish(train(other))).rejects.toBeInstanceOf(CheckpointError);
  });

  it('leaves a network of one output in a run and its export', async () => {
    const { folder: home, remove } = scratch();
    writeDataset(path.join(home, 'data'), [2, 4, 6, 8, 10, 12]);
    const keys = { model: { widths: [2, 3, 4], deepSupervision: true } };
    const { folder: run, summary } = await runTraining(tinyRun(home, keys), { onEvent: () => undefined });
    const opened = await openRun(run, { checkpoint: 'last', backend: 'wasm' });
    expect(await weightsHash(opened.model)).toBe(summary.weightsSha256);
    await exportModel(opened.model, path.join(home, 'export'));
    const { modelTopology } = JSON.parse(readFileSync(path.join(home, 'export', 'model.json'), 'utf8')) as { modelTopology: { config: { output_layers: unknown[] } } }; // prettier-ignore
    expect(modelTopology.config.output_layers).toHaveLength(1);
    const plain = await runTraining(tinyRun(home, { model: { widths: [2, 3, 4] } }), { onEvent: () => undefined }); // prettier-ignore
    expect(plain.folder).not.toBe(run);
    expect(plain.summary.weightsSha256).not.toBe(summary.weightsSha256);
    opened.model.dispose();
    remove();
  });
});
