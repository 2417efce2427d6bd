import { afterEach, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/cpu';
import '@segloss/kernels/wasm';
import { syntheticDataset, loadAll } from '@segloss/data/samples';
import * as tf from '@tensorflow/tfjs-core';

import { chooseBackend, type PARTS, type WantedBackend } from '../src/core/choose-backend.js';
import { disagreement, firstSteps, type FirstSteps } from '../src/core/first-steps.js';
import { gpuHere, type Gpu } from '../src/core/gpu.js';
import type { TrainData } from '../src/core/train-job.js';

const SETTINGS = { spec: 'ce + l1', epochs: 1, seed: 3 };
const STEPS: FirstSteps = { losses: [1, 0.5], changes: [{ name: 'w', values: Float32Array.of(1, -2) }], ms: 20 }; // prettier-ignore
const CARD: Gpu = { adapter: { name: 'card', software: false } };
const PROGRAM: Gpu = { adapter: { name: 'program', software: true } };
const NONE: Gpu = { missing: 'this browser has no WebGPU' };

/** Small enough for plain JavaScript. */
async function tiny(): Promise<TrainData> {
  const { classes, train, val } = syntheticDataset({ size: 8, train: 2, val: 2, proportion: 0.2, seed: 5 });
  return { classes, train: await loadAll(train), val: await loadAll(val) };
}

/** What is chosen where the browser has this GPU, and what was done. */
async function choose(backend: WantedBackend, gpu: Gpu, onGpu: FirstSteps | Error = { ...STEPS, ms: 5 }) {
  const log: string[] = [];
  let steps = 0;
  const parts: typeof PARTS = {
    gpuHere: () => Promise.resolve(gpu),
    gpuFailure: ({ message }) => Promise.resolve(message),
    startProcessor: () => Promise.resolve({ name: 'wasm', threads: 2 }),
    startWebGPU: (adapter) => {
      log.push('start');
      return onGpu instanceof Error ? Promise.reject(onGpu) : Promise.resolve({ name: 'webgpu', threads: 1, adapter });
    },
    stopWebGPU: ({ name }) => Promise.resolve(void log.push(`stop, then ${name}`)),
    firstSteps: () => Promise.resolve(steps++ === 0 ? STEPS : (onGpu as FirstSteps)),
  }; // prettier-ignore
  const set = { classes: [], train: [], val: [] };
  const wanted = { backend, settings: SETTINGS, set, wasm: '', threads: 2, phase: () => {} };
  const { backend: chosen, remark } = await chooseBackend(wanted, parts);
  return { name: chosen.name, remark, log };
}

describe('the backend of Train', () => {
  const STOPPED = ['start', 'stop, then wasm'];

  it.each([
    ['wasm', CARD, []],
    ['auto', NONE, []],
    ['auto', PROGRAM, []],
  ] as const)('%s with %j is WebAssembly, and no GPU is started', async (wanted, gpu, log) => {
    expect(await choose(wanted, gpu)).toEqual({ name: 'wasm', remark: undefined, log });
  });

  it.each([
    ['auto', CARD],
    ['webgpu', CARD],
    ['webgpu', PROGRAM],
  ] as const)('%s with %j is WebGPU where its numbers agree', async (wanted, gpu) => {
    expect(await choose(wanted, gpu)).toEqual({ name: 'webgpu', remark: undefined, log: ['start'] });
  });

  it('auto leaves a GPU that is slower, which who names it gets', async () => {
    const slower = { ...STEPS, ms: 30 };
    const remark = 'WebGPU (card) is not used: a step takes 30 ms on it and 20 ms without it.';
    expect(await choose('auto', CARD, slower)).toEqual({ name: 'wasm', remark, log: STOPPED });
    expect((await choose('webgpu', CARD, slower)).name).toBe('webgpu');
  });

  it('refuses wrong numbers, and a GPU that fails, with the reason', async () => {
    const wrong = { ...STEPS, changes: [{ name: 'w', values: Float32Array.of(1, -1.9) }] };
    expect(await choose('webgpu', CARD, wrong)).toEqual({
      name: 'wasm',
      remark: 'WebGPU (card) is not used: its numbers differ, the gradient of w is off by 5.0 %.',
      log: STOPPED,
    });
    expect(await choose('auto', CARD, new Error('out of memory'))).toEqual({
      name: 'wasm',
      remark: 'WebGPU (card) is not used: out of memory.',
      log: STOPPED,
    });
    expect(await choose('webgpu', NONE)).toEqual({
      name: 'wasm',
      remark: 'WebGPU is not used: this browser has no WebGPU.',
      log: [],
    });
  });
});

describe('the first steps', () => {
  it('agree between backends, and not where one has a wrong gradient', async () => {
    const set = await tiny();
    await tf.setBackend('wasm');
    const expected = await firstSteps(SETTINGS, set);
    expect(expected.losses).toHaveLength(3); // two steps, and the validation
    await tf.setBackend('cpu');
    expect(disagreement(expected, await firstSteps(SETTINGS, set))).toBeUndefined();
    const kernel = tf.getKernel('MaxPoolGrad', 'cpu');
    const wrong: tf.KernelFunc = (args) => {
      const right = kernel.kernelFunc(args) as tf.TensorInfo;
      return tf.engine().runKernel('Multiply', { a: tf.engine().makeTensorFromTensorInfo(right), b: tf.scalar(1.1) }); // prettier-ignore
    };
    tf.unregisterKernel('MaxPoolGrad', 'cpu');
    tf.registerKernel({ ...kernel, kernelFunc: wrong });
    try {
      expect(disagreement(expected, await firstSteps(SETTINGS, set))).toMatch(
        /^the gradient of \S+ is off by/,
      );
    } finally {
      tf.unregisterKernel('MaxPoolGrad', 'cpu');
      tf.registerKernel(kernel);
    }
  });

  it('disagree in a loss, and in what is not a number', () => {
    const losses = [1, 0.6];
    expect(disagreement(STEPS, { ...STEPS, losses })).toBe('the loss of step 2 is 0.6 instead of 0.5');
    const changes = [{ name: 'w', values: Float32Array.of(NaN, -2) }];
    expect(disagreement(STEPS, { ...STEPS, changes })).toBe('the gradient of w is off by NaN %');
    expect(disagreement(STEPS, { ...STEPS, losses: [1, NaN] })).toContain('NaN instead of 0.5');
  });
});

describe('the GPU of the browser', () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  afterEach(() => {
    if (own) Object.defineProperty(globalThis, 'navigator', own);
    else Reflect.deleteProperty(globalThis, 'navigator');
  });
  const withGpu = (gpu: object | undefined) =>
    Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });

  it('is named, or there is a reason why it is not there', async () => {
    const info = { vendor: 'maker', architecture: 'new', device: '', description: '' };
    withGpu({ requestAdapter: () => Promise.resolve({ info }) });
    expect(await gpuHere()).toEqual({ adapter: { name: 'maker new', software: false } });
    withGpu({ requestAdapter: () => Promise.resolve(null) });
    expect(await gpuHere()).toEqual({ missing: expect.stringContaining('offers no GPU') });
    withGpu({ requestAdapter: () => Promise.reject(new Error('blocked')) });
    expect(await gpuHere()).toEqual({ missing: 'blocked' });
    withGpu(undefined);
    expect(await gpuHere()).toEqual({ missing: expect.stringContaining('WebGPU') });
  });

  it('is not waited for forever', async () => {
    withGpu({ requestAdapter: () => new Promise(() => {}) });
    expect(await gpuHere(0.01)).toEqual({ missing: 'the browser did not name its GPU within 0.01 s' });
  });
});
