// Networks against PyTorch: logits, gradients and numbers of parameters that the programs in test/torch compute with torchvision's encoders.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { models } from '@segloss/models';
import { describeEachBackend, maxError, maxRelativeError, pythonWith } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { torchName } from '../src/weights/weight-names';
import { FULL, logitsOf, modelOf, NARROW, narrowFile, numbersOf, TORCH, torchInput, useBackend, type TorchNetwork } from './networks'; // prettier-ignore

/** The largest difference of the logits, relative to the largest of them where that is above 1; and the largest. */
function compare(network: TorchNetwork, weights: Uint8Array, expected: Uint8Array) {
  const model = modelOf(network, weights);
  const logits = numbersOf(expected, 'logits');
  const largest = Math.max(...logits.map(Math.abs));
  const error = maxError(logitsOf(model, network), logits) / Math.max(1, largest);
  model.dispose();
  return { error, largest };
}

describeEachBackend('a narrow network with the weights of PyTorch', () => {
  it.each(NARROW)('$name gives the logits of PyTorch', (network) => {
    const expected = narrowFile(`${network.name}.expected`);
    const { error, largest } = compare(network, narrowFile(network.name), expected);
    expect(error).toBeLessThan(1e-4);
    expect(largest).toBeGreaterThan(0.5);
  });
});

describe('a narrow network in training on wasm', () => {
  it.each(NARROW)('$name has gradients of the lengths of those of PyTorch', async (network) => {
    await useBackend('wasm');
    const [height, width] = network.size;
    const model = modelOf({ ...network, size: [2 * height, 2 * width] }, narrowFile(network.name));
    const expected = numbersOf(narrowFile(`${network.name}.expected`), 'gradientLengths');
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => {
      const logits = model.apply(torchInput(2 * height, 2 * width), { training: true }) as tf.Tensor;
      return tf.div(tf.mean(tf.square(logits)), 2);
    }, variables);
    const lengths = model.trainableWeights
      .map((weight) => ({ name: torchName(weight), grad: grads[(weight.read() as tf.Variable).name]! }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ grad }) => tf.norm(grad).dataSync()[0]!);
    model.dispose();
    expect(lengths).toHaveLength(expected.length);
    expect(maxRelativeError(lengths, expected)).toBeLessThan(1e-3);
    // Some are 0 but for rounding: those of shifts that the next normalization takes off.
    const floor = 1e-3 * Math.max(...expected);
    const each = lengths.map((length, i) => Math.abs(length - expected[i]!) / Math.max(floor, expected[i]!));
    expect(Math.max(...each)).toBeLessThan(1e-2);
  });
});

const python = pythonWith('import torch, torchvision');
const suite = python === undefined ? describe.skip : describe;

suite(
  `PyTorch itself${python === undefined ? ' (skipped: python3 has no torch and torchvision)' : ''}`,
  () => {
    const run = (...command: string[]) =>
      execFileSync(python!, [join(TORCH, 'networks.py'), ...command], { encoding: 'utf8', stdio: 'pipe' });
    let folder: string;
    beforeAll(async () => {
      await useBackend('wasm');
      folder = mkdtempSync(join(tmpdir(), 'segloss-torch-'));
      run('full', folder);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('computes what the files of the narrow networks hold', () => {
      const lines = run().trim().split('\n');
      expect(lines).toHaveLength(2 * NARROW.length); // logits and lengths of gradients; fails above 1e-5
    });

    it.each(FULL)('$name of full width gives its logits', (network) => {
      const file = (ending: string) => readFileSync(join(folder, `${network.name}${ending}`));
      const { error, largest } = compare(network, file('.safetensors'), file('.expected.safetensors'));
      expect(error).toBeLessThan(1e-4);
      expect(largest).toBeGreaterThan(0.5);
    });

    it('has the numbers of parameters that the README says, and of the published weights', () => {
      const { encoders, networks } = JSON.parse(run('facts')) as Facts;
      const readme = readFileSync(join(__dirname, '../README.md'), 'utf8'); // compared with our networks in models.test.ts
      const rows = [...readme.matchAll(/^\| `(\w+-[a-z0-9-]+)` +\| ([\d,]+) /gm)];
      expect(Object.fromEntries(rows.map(([, name, count]) => [name, Number(count!.replaceAll(',', ''))]))).toEqual(networks); // prettier-ignore
      expect(rows.length).toBe(models().length - 1);
      for (const { complete, published } of Object.values(encoders)) expect(complete).toBe(published);
    });
  },
);

/** Numbers of parameters, as networks.py prints them. */
interface Facts {
  readonly encoders: Readonly<Record<string, Readonly<Record<'published' | 'complete', number>>>>;
  readonly networks: Readonly<Record<string, number>>;
}
