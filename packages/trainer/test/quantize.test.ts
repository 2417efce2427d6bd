// Weights in 8 and 16 bits: within one step of what they were, zeros exact, and read by tf.loadLayersModel.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportDifference, exportModel, loadExportedModel, openRun, QUANTIZATIONS, releaseBackend, runTraining, selectBackend, unet, type Quantization } from '@segloss/trainer'; // prettier-ignore
import * as tf from '@tensorflow/tfjs-core';

import { quantizeWeights } from '../src/run/quantize';
import { scratch, tinyRun, writeDataset } from './run-fixture';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'segloss-quantize-'));
  await selectBackend('wasm');
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await releaseBackend();
});

/** Stores values of one array, and decodes them as tfjs does. */
async function through(values: readonly number[], kind: Quantization): Promise<number[]> {
  const floats = Float32Array.from(values);
  const { specs, bytes } = quantizeWeights([{ name: 'w', shape: [1, values.length], dtype: 'float32' }], new Uint8Array(floats.buffer), kind); // prettier-ignore
  const decoded = await Promise.resolve(tf.io.decodeWeights(new Uint8Array(bytes).buffer, specs));
  return Array.from(decoded['w']!.dataSync());
}

describe('quantized weights', () => {
  it.each([
    ['uint8', 255],
    ['uint16', 65535],
  ] as const)('in %s lie within one step, and zeros stay zeros', async (kind, steps) => {
    for (const values of [
      [-1, 0, 0.3, 0.7501, 2],
      [0.5, 0.6, 0.9],
      [-3, -2.2, -1],
      [0, 0, 4],
      [7, 7],
    ]) {
      const step = (Math.max(...values) - Math.min(...values)) / steps;
      const got = await through(values, kind);
      values.forEach((value, i) => {
        if (value === 0) expect(got[i]).toBe(0);
        // An end may move by half a step, so that 0 is one of the numbers.
        else expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(step * 1.001 + 1e-6);
      });
    }
  });

  it('in float16 are the nearest half-precision numbers', async () => {
    // By hand: 11 significant bits, subnormal multiples of 2^-24, ties to even.
    const cases: [number, number][] = [
      [1, 1], [-2.5, -2.5], [1 + 2 ** -11, 1], [1 + 3 * 2 ** -11, 1 + 2 ** -9], [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
      [65504, 65504], [0.1, 0.0999755859375], [2 ** -24, 2 ** -24], [2 ** -25, 0], [1.5 * 2 ** -24, 2 ** -23], [2047.5 * 2 ** -25, 2 ** -14], [0, 0],
    ]; // prettier-ignore
    expect(await through(cases.map(([value]) => value), 'float16')).toEqual(cases.map(([, half]) => half)); // prettier-ignore
    await expect(through([70000], 'float16')).rejects.toThrow('wanted weights up to 65504 for float16, got 70000 in w; use uint16'); // prettier-ignore
  });

  it('are smaller in a file, and load', async () => {
    const options = { inputShape: [8, 8, 1], outputs: 2, widths: [8, 16], norm: 'batch', seed: 3 } as const;
    const model = unet(options);
    const image = tf.randomNormal([1, 8, 8, 1], 0, 1, 'float32', 3);
    const wanted = (model.predict(image) as tf.Tensor).dataSync();
    const largest = Math.max(...wanted.map(Math.abs));
    const size = (name: string) => statSync(path.join(folder, name, 'weights.bin')).size;
    const error: Record<string, number> = {};
    await exportModel(model, path.join(folder, 'whole'));
    for (const quantize of QUANTIZATIONS) {
      await exportModel(model, path.join(folder, quantize), {}, { quantize });
      const loaded = await loadExportedModel(path.join(folder, quantize));
      const got = (loaded.predict(image) as tf.Tensor).dataSync();
      error[quantize] = Math.max(...got.map((value, i) => Math.abs(value - wanted[i]!))) / largest;
      const { weightsManifest } = JSON.parse(readFileSync(path.join(folder, quantize, 'model.json'), 'utf8')) as { weightsManifest: tf.io.WeightsManifestConfig }; // prettier-ignore
      for (const { shape, quantization } of weightsManifest[0]!.weights) {
        expect(quantization?.dtype).toBe(shape.length > 1 ? quantize : undefined);
      }
      loaded.dispose();
    }
    expect(size('uint8') / size('whole')).toBeLessThan(0.32);
    expect(size('float16') / size('whole')).toBeLessThan(0.55);
    expect(error['uint16']).toBeLessThan(1e-3);
    expect(error['float16']).toBeLessThan(1e-2);
    expect(error['uint8']).toBeLessThan(0.2);
    expect(error['uint8']).toBeGreaterThan(error['uint16']!);
    model.dispose();
  });

  it('are compared with those of the run, on its validation images', async () => {
    const { folder: home, remove } = scratch();
    writeDataset(path.join(home, 'data'), [2, 4, 6, 8, 10, 12]);
    const { folder: run } = await runTraining(tinyRun(home), { onEvent: () => undefined });
    const opened = await openRun(run, { backend: 'wasm' });
    expect(await exportDifference(opened, opened.model)).toMatchObject({ images: 'validation', largest: 0, changed: 0 }); // prettier-ignore
    const { scale } = await exportDifference(opened, opened.model);
    expect(scale).toBeGreaterThan(0);
    // Logits that are 0.25 larger everywhere: the bias of the last layer.
    const bias = opened.model.weights.at(-1)!;
    await exportModel(opened.model, path.join(home, 'moved'));
    bias.write(tf.add(bias.read(), 0.25));
    const moved = await exportDifference(opened, await loadExportedModel(path.join(home, 'moved')));
    expect(moved.largest).toBeCloseTo(0.25, 5);
    opened.model.dispose();
    remove();
  });
});
