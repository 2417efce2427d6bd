// ONNX files give, in onnxruntime, the logits of the models that they were made of.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { maxError } from '@segloss/testing';
import { buildModel, exportNotes, exportOnnx, parseConfig, releaseBackend, selectBackend, toOnnx } from '@segloss/trainer'; // prettier-ignore
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as modelOf, sequential, type LayersModel } from '@tensorflow/tfjs-layers';

/** Each with other layers: what a decoder enlarges by, normalizations, dilations, volumes. */
const NETWORKS: readonly (readonly [name: string, inputShape: readonly number[], options: object])[] = [
  ['unet', [8, 12, 2], { widths: [3, 4, 5], norm: 'batch', dropout: 0.5 }],
  ['unet', [4, 8, 12, 1], { widths: [3, 4], strides: [[1, 2, 4]], norm: 'instance' }],
  ['unet', [4, 4, 6, 1], { widths: [3, 4], norm: 'batch' }],
  ['unet-resnet34', [32, 64, 3], { encoderWidth: 4, decoderWidths: [8, 8, 4, 4, 4] }],
  ['unet-mobilenetv2', [32, 32, 1], { encoderWidth: 4, decoderWidths: [8, 8, 4, 4, 4] }],
  ['unet-mobilenetv3-large', [32, 64, 3], { encoderWidth: 4, decoderWidths: [8, 8, 4, 4, 4] }],
  ['unet-efficientnet-b0', [64, 32, 3], { encoderWidth: 4, decoderWidths: [8, 8, 4, 4, 4] }],
  ['fpn-resnet18', [64, 32, 3], { encoderWidth: 4, pyramidChannels: 8, segmentationChannels: 32 }],
  ['deeplabv3plus-resnet50', [48, 32, 3], { encoderWidth: 4, decoderChannels: 8, atrousRates: [1, 2, 3] }],
];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'segloss-onnx-'));
  await selectBackend('wasm');
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await releaseBackend();
});

/** Statistics, biases and scales that are not 0 and 1, so that one that is missing is seen. */
function disturb(model: LayersModel): void {
  model.setWeights(
    model.getWeights().map((weight, i) => {
      if (weight.rank > 1) return weight;
      return tf.add(weight, tf.randomUniform(weight.shape, 0.05, 0.6, 'float32', i));
    }),
  );
}

const lastFirst = (x: tf.Tensor) => tf.transpose(x, [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 1)]); // prettier-ignore
const bytesOf = (values: ArrayLike<number>) => new Uint8Array(Float32Array.from(values).buffer);

describe('exportOnnx', () => {
  it('gives the logits of each network in onnxruntime', async () => {
    const requests: object[] = [];
    const expected: { shape: number[]; values: Float32Array }[] = [];
    for (const [i, [name, inputShape, options]] of NETWORKS.entries()) {
      const model = buildModel(name, { inputShape, outputs: 3, seed: 3, ...options });
      disturb(model);
      const at = path.join(folder, String(i));
      const file = await exportOnnx(model, at, { classes: ['a', 'b', 'c'] });
      const image = tf.randomNormal([2, ...inputShape], 0, 1, 'float32', 5 + i);
      const logits = lastFirst(model.predict(image) as tf.Tensor);
      const first = lastFirst(image);
      writeFileSync(`${at}.in`, bytesOf(first.dataSync()));
      requests.push({ model: file, shape: first.shape, input: `${at}.in`, output: `${at}.out` });
      expected.push({ shape: logits.shape, values: (await logits.data()) as Float32Array });
      model.dispose();
    }
    const request = path.join(folder, 'request.json');
    writeFileSync(request, JSON.stringify(requests));
    execFileSync(process.execPath, [path.join(__dirname, 'onnx/run.mjs'), request], { stdio: 'pipe' });
    expected.forEach(({ shape, values }, i) => {
      const output = path.join(folder, `${i}.out`);
      const got = new Float32Array(new Uint8Array(readFileSync(output)).buffer);
      const largest = Math.max(...values.map(Math.abs));
      expect([i, JSON.parse(readFileSync(`${output}.json`, 'utf8'))]).toEqual([i, shape]);
      expect(largest).toBeGreaterThan(0.05);
      expect([i, maxError(got, values) / Math.max(1, largest)]).toEqual([i, expect.any(Number)]);
      expect(maxError(got, values)).toBeLessThan(1e-4 * Math.max(1, largest));
    });
  });

  it('carries classes, activation, normalization and decoding', async () => {
    const model = buildModel('unet', { inputShape: [4, 4, 1], outputs: 1, widths: [2] });
    const normalize = { mean: [0.5], std: [0.25] };
    const config = parseConfig({ data: { folder: 'demo', normalize }, loss: 'dice' });
    const run = { model, config, classes: ['background', 'café'], background: 0, inputShape: [4, 4, 1] };
    const bytes = await toOnnx(model, { notes: JSON.stringify(exportNotes(run)) });
    const text = Buffer.from(bytes).toString('utf8');
    expect(text).toContain('"classes":["background","café"],"background":0,"loss":"dice"');
    expect(text).toContain('"normalize":{"mean":[0.5],"std":[0.25]},"activation":"sigmoid","decoding":"probability above 0.5"'); // prettier-ignore
  });
});

describe('toOnnx', () => {
  it('names a layer that it cannot convert', async () => {
    const dense = sequential({ layers: [layers.dense({ units: 1, inputShape: [4], name: 'odd' })] });
    await expect(toOnnx(dense)).rejects.toThrow('got Dense (odd)');
    const image = input({ shape: [4, 4, 2] });
    const folded = layers.reshape({ targetShape: [4, 8, 1], name: 'folded' }).apply(image);
    await expect(toOnnx(modelOf({ inputs: image, outputs: folded as never }))).rejects.toThrow(
      'folded to [4,8,1]',
    );
  });
});
