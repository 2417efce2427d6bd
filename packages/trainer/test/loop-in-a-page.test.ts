// The training loop and the models run where there is no Node: bundled for a page, in a context without any of Node's globals.
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';
import { buildSync } from 'esbuild';

const PAGE = `
import '@tensorflow/tfjs-backend-cpu';
import '@segloss/kernels/cpu';
import { syntheticDataset, loadAll } from '@segloss/data/samples';
import { parseLoss } from '@segloss/losses';
import { unet } from '@segloss/models';
import { predict, train } from '@segloss/trainer/loop';
import * as tf from '@tensorflow/tfjs-core';

export async function run(interrupt) {
  await tf.setBackend('cpu');
  const { train: sources, val, classes } = syntheticDataset({ size: 8, train: 4, val: 2 });
  const [images, valImages] = [await loadAll(sources), await loadAll(val)];
  const saved = new Map();
  const store = { name: 'memory', load: () => saved.get('last'), save: (name, content) => void saved.set(name, content) };
  const losses = [];
  for (let starts = 0; losses.length < 3 && starts < 9; starts++) {
    const model = unet({ inputShape: [8, 8, 1], outputs: 1, widths: [2, 4], norm: 'batch', dropout: 0.2, seed: 1 });
    const controller = new AbortController();
    const options = { model, loss: parseLoss('ce + l1'), train: images, val: valImages, classes, epochs: 3, batchSize: 2, optimizer: { learningRate: 0.02 }, onNote() {} };
    const onStep = () => interrupt && controller.abort();
    for await (const { loss } of train({ ...options, onStep, signal: controller.signal, checkpoint: { store, say() {} } })) losses.push(loss);
    if (losses.length === 3) {
      const [{ labels }] = await predict(model, valImages.slice(0, 1));
      return { starts, losses, pixels: labels.length, weights: model.getWeights().map((weight) => [...weight.dataSync()]), saved: [...saved.keys()].sort() };
    }
  }
  return { losses };
}`;

/** What a page has, and Node's globals are not among it. */
const globals = () => ({
  ...{
    AbortController,
    MessageChannel,
    TextDecoder,
    TextEncoder,
    console,
    performance,
    setTimeout,
    clearTimeout,
  },
  ...{ URL, fetch, navigator: { userAgent: 'page' }, WorkerGlobalScope: class {} },
});

function bundle(contents: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: join(root, 'packages/trainer/test') },
    bundle: true,
    format: 'iife',
    globalName: 'page',
    platform: 'browser', // refuses node:fs and the like
    tsconfig: join(root, 'tsconfig.json'), // the sources
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

interface Outcome {
  readonly starts: number;
  readonly losses: number[];
  readonly pixels: number;
  readonly weights: number[][];
  readonly saved: string[];
}

describe('the training loop in a page', () => {
  it('imports nothing of Node, trains, and resumes bit-identical from a store of the page', async () => {
    const code = bundle(PAGE);
    expect(code).not.toMatch(/["']node:/);
    const context = createContext(globals());
    runInContext('globalThis.self = globalThis;', context);
    runInContext(code, context);
    expect(
      runInContext('typeof process + typeof require + typeof Buffer + typeof setImmediate', context),
    ).toBe('undefined'.repeat(4));
    const whole = (await runInContext('page.run(false)', context)) as Outcome;
    expect(whole).toMatchObject({ starts: 0, pixels: 64, saved: ['best', 'last'] });
    expect(whole.losses[2]).toBeLessThan(whole.losses[0]!);
    const parts = (await runInContext('page.run(true)', context)) as Outcome;
    expect(parts.starts).toBeGreaterThan(3);
    expect(JSON.stringify(parts.weights)).toBe(JSON.stringify(whole.weights));
    expect(parts.losses).toEqual(whole.losses);
  });

  it('is refused by the bundler where a module imports from Node', () => {
    expect(() => bundle("import { train } from '@segloss/trainer'; train();")).toThrow(/node:/);
  });
});
