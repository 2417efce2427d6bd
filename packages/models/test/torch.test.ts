import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildModel, loadTorchWeights } from '@segloss/models';
import { describeEachBackend, maxError, maxRelativeError } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { torchName } from '../src/weights/weight-names';
import {
  FULL,
  NARROW,
  narrowFile,
  numbersOf,
  runTorch,
  torchInput,
  torchMissing,
  useBackend,
  type TorchNetwork,
} from './networks';

function load(network: TorchNetwork, weights: Uint8Array): LayersModel {
  const { name, height, width, options } = network;
  const model = buildModel(name, { inputShape: [height, width, 3], outputs: 1, ...options });
  loadTorchWeights(model, weights);
  return model;
}

/** The largest difference of the logits, and how large these are. */
function compare(network: TorchNetwork, weights: Uint8Array, expected: Uint8Array) {
  const model = load(network, weights);
  const logits = numbersOf(expected, 'logits');
  const { height, width } = network;
  const got = tf.tidy(() => (model.predict(torchInput(height, width)) as tf.Tensor).dataSync());
  model.dispose();
  return { error: maxError(got, logits), size: Math.max(...logits.map(Math.abs)) };
}

describeEachBackend('a narrow network with the weights of PyTorch', () => {
  it.each(NARROW)('$name gives the logits of PyTorch', (network) => {
    const expected = narrowFile(`${network.name}.expected`);
    const { error, size } = compare(network, narrowFile(network.name), expected);
    expect(error).toBeLessThan(1e-4);
    expect(size).toBeGreaterThan(1);
  });
});

describe('a narrow network in training on wasm', () => {
  it.each(NARROW)('$name has gradients of the lengths of those of PyTorch', async (network) => {
    await useBackend('wasm');
    const model = load(network, narrowFile(network.name));
    const expected = numbersOf(narrowFile(`${network.name}.expected`), 'gradientLengths');
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => {
      const logits = model.apply(torchInput(2 * network.height, 2 * network.width), {
        training: true,
      }) as tf.Tensor;
      return tf.div(tf.mean(tf.square(logits)), 2);
    }, variables);
    const lengths = model.trainableWeights
      .map((weight) => ({ name: torchName(weight), grad: grads[(weight.read() as tf.Variable).name]! }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ grad }) => tf.norm(grad).dataSync()[0]!);
    expect(maxRelativeError(lengths, expected)).toBeLessThan(1e-3);
    const each = lengths.map((length, i) => Math.abs(length - expected[i]!) / expected[i]!);
    expect(Math.max(...each)).toBeLessThan(1e-2);
  });
});

const missing = torchMissing();
const suite = missing === undefined ? describe : describe.skip;

suite(`networks of full size${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  beforeAll(async () => {
    await useBackend('wasm');
    folder = mkdtempSync(join(tmpdir(), 'segloss-torch-'));
    runTorch(folder, FULL);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(FULL)('$name gives the logits of PyTorch', (network) => {
    const file = (ending: string) => readFileSync(join(folder, `${network.name}${ending}`));
    const { error, size } = compare(network, file('.safetensors'), file('.expected.safetensors'));
    expect(error).toBeLessThan(1e-4 * Math.max(1, size));
    expect(size).toBeGreaterThan(0.5);
  });
});
