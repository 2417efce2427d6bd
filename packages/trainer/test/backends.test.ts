// The same training on every backend: the same losses. (Each backend in a process of its own.)
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '@segloss/testing';

import { installCurrentNode, temporaryFolder } from '../../../test/packed';
import { findDawn } from '../../kernels/test/hosts/dawn';
import { makeProject, runSteps } from './checks/in-project';
import { type Steps } from './checks/steps';

const STEPS = 10;
const temporary = temporaryFolder();
const project = temporary.path;
afterAll(() => temporary.remove());

const dawn = findDawn(project);
const otherFolder = temporaryFolder();
afterAll(() => otherFolder.remove());
const current = installCurrentNode(otherFolder.path);
let cpu: Steps;
beforeAll(() => {
  makeProject(project);
  cpu = runSteps(project, { backend: 'cpu', steps: STEPS });
});

/** A group that shows why it is left out. */
function group(title: string, missing: string | false, tests: () => void): void {
  if (missing) describe.skip(`${title} (skipped: ${missing})`, tests);
  else describe(title, tests);
}

function expectSameLosses(found: Steps, steps = STEPS): void {
  expect(found.losses).toHaveLength(steps);
  found.losses.forEach((loss, step) => expect(Math.abs(loss - cpu.losses[step]!)).toBeLessThan(1e-4));
  expect(found.leaked).toBe(0);
  expect(found.released.again).toBe(true);
}

const nativeMissing = (() => {
  try {
    createRequire(join(root, 'package.json')).resolve('@tensorflow/tfjs-node');
    return false;
  } catch {
    return 'no @tensorflow/tfjs-node here; npx segloss setup-native --no-save brings it';
  }
})();

describe('ten steps of Adam on cpu', () => {
  it('learn, the first loss being that of a network that knows nothing', () => {
    expect(cpu.losses[0]).toBeGreaterThan(0.5);
    expect(cpu.losses.at(-1)!).toBeLessThan(0.9 * cpu.losses[0]!);
    expect(cpu.choice).toMatchObject({ name: 'cpu', tried: [{ name: 'cpu', works: true }] });
  });
});

describe('ten steps of Adam on wasm', () => {
  it('have the losses of cpu', () => {
    const found = runSteps(project, { backend: 'wasm', steps: STEPS });
    expectSameLosses(found);
    expect(found.choice.wasm).toEqual({ simd: true, threads: 1 });
  });

  it('have the same bits with two threads, and end by themselves', () => {
    const [one, two] = [1, 2].map((threads) => runSteps(project, { backend: 'wasm', steps: STEPS, threads }));
    expect(two!.choice.wasm!.threads).toBe(2);
    expect(two!.choice.reason).toMatch(/, 2 threads$/);
    expect(two!.losses).toEqual(one!.losses);
  });
});

group('ten steps of Adam on tensorflow', nativeMissing, () => {
  it('have the losses of cpu', () => {
    const found = runSteps(project, { backend: 'tensorflow', steps: STEPS });
    expectSameLosses(found);
    const { version, gpu, package: name } = found.choice.tensorflow!;
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(found.choice.reason).toBe(
      `requested: native TensorFlow ${version} on the ${gpu ? 'GPU' : 'processor'} (${name})`,
    );
  });
});

const currentMissing = 'missing' in current && current.missing;
group('ten steps of Adam on a current Node', currentMissing, () => {
  const node = () => ('node' in current ? current.node : '');

  it('have on wasm, with relaxed SIMD, the losses of cpu', () => {
    const found = runSteps(project, { backend: 'wasm', steps: STEPS }, { node: node() });
    expect(Number(found.node.split('.')[0])).toBeGreaterThanOrEqual(24);
    expectSameLosses(found);
  });

  group('with tensorflow', nativeMissing, () => {
    it('have its losses, with what tfjs-node misses in that Node', () => {
      expectSameLosses(runSteps(project, { backend: 'tensorflow', steps: STEPS }, { node: node() }));
    });
  });
});

const dawnMissing = 'missing' in dawn && dawn.missing;
group('three steps of Adam on webgpu, with a software GPU', dawnMissing, () => {
  const env = 'env' in dawn ? dawn.env : {};
  let found: Steps;
  beforeAll(() => {
    found = runSteps(project, { backend: 'webgpu', steps: 3, breakShader: true }, { env });
  });

  it('have the losses of cpu', () => {
    expectSameLosses(found, 3);
    expect(found.choice.webgpu).toMatchObject({ software: true });
  });

  it('fail with the error of a shader, which tfjs would only print', () => {
    expect(found.shader).toMatch(/^webgpu: the GPU reported an error.*no_such_function/s);
  });

  it('leave the process free to end, and the backend free to start again', () => {
    expect(found.released).toEqual({ backend: expect.not.stringMatching('webgpu'), again: true });
  });

  it('are not what auto takes: it says that the GPU is a program', () => {
    const { choice } = runSteps(project, { backend: 'auto', steps: 1 }, { env });
    expect(choice.name).toBe('wasm');
    const reasonOf = (backend: string) => choice.tried.find(({ name }) => name === backend)!.reason;
    expect(reasonOf('webgpu')).toMatch(/^the only adapter is .*a program on the processor, slower than wasm/);
    expect(reasonOf('tensorflow')).toMatch(nativeMissing ? /not installed/ : /where wasm was measured/);
  });
});
