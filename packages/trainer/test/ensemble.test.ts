// Several runs predict together, and one predicts mirrored images: by the mean of the probabilities.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readImage, readMask } from '@segloss/data';
import { openRun, parseConfig, predictFolder, runTraining, testRun, type OpenRun } from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { input, layers, model as modelOf, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { overlayPng, palettePng } from '../src/run/label-pictures.js';
import { mirrored, mirrorings } from '../src/loop/mirror.js';
import { scratch, tinyRun, writeDataset, writePng } from './run-fixture';

let folder: string;
let remove: () => void;
beforeAll(() => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8]);
});
afterAll(() => remove());

describe('pictures of labels', () => {
  it('show regions and their borders in the colors of the classes', () => {
    const labels = new Uint8Array(25);
    for (const i of [6, 7, 8, 11, 12, 13, 16, 17, 18]) labels[i] = 1; // 3 x 3 in 5 x 5
    const sample = { id: 'a', width: 5, height: 5, channels: 1, image: new Float32Array(25).fill(0.5), mask: labels }; // prettier-ignore
    const { data } = decode(overlayPng(sample, labels, 0));
    const at = (pixel: number) => Array.from(data.subarray(3 * pixel, 3 * pixel + 3));
    expect(at(24)).toEqual([128, 128, 128]);
    expect(at(6)).toEqual([230, 159, 0]);
    expect(at(12)).toEqual([0.6 * 127.5 + 0.4 * 230, 0.6 * 127.5 + 0.4 * 159, 76.5].map(Math.round));
  });

  it('with a palette keep the class indices, also for the reader of masks', async () => {
    const labels = Uint8Array.of(0, 1, 2, 9);
    const bytes = palettePng({ width: 2, height: 2 }, labels, 10, 0);
    const decoded = decode(bytes);
    expect(Array.from(decoded.data)).toEqual([0, 1, 2, 9]);
    expect(decoded.palette).toHaveLength(10);
    expect(decoded.palette!.slice(0, 3)).toEqual([[0, 0, 0], [230, 159, 0], [86, 180, 233]]); // prettier-ignore
    const file = path.join(folder, 'palette.png');
    writeFileSync(file, bytes);
    expect(Array.from((await readMask(file)).values)).toEqual([0, 1, 2, 9]);
  });

  it('are written beside the labels, and never over the images', async () => {
    const run = await openRun((await runTraining(tinyRun(folder, { epochs: 1 }))).folder);
    const [images, out, overlay] = [path.join(folder, 'data', 'images'), path.join(folder, 'colored'), path.join(folder, 'overlay')]; // prettier-ignore
    const { written } = await predictFolder(run, images, out, { palette: true, overlay });
    expect(written).toHaveLength(4);
    expect(decode(readFileSync(path.join(overlay, '0.png')))).toMatchObject({ width: 16, channels: 3 });
    await expect(predictFolder(run, images, out, { overlay: images })).rejects.toThrow(
      'into a folder that is read',
    );
    run.model.dispose();
  });
});

describe('mirrored', () => {
  it('reverses the axes that are named, pixel by pixel', () => {
    const values = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40); // 2 x 2, two channels
    expect(Array.from(mirrored(values, [2, 2], 2, [false, true]))).toEqual([2, 20, 1, 10, 4, 40, 3, 30]);
    expect(Array.from(mirrored(values, [2, 2], 2, [true, true]))).toEqual([4, 40, 3, 30, 2, 20, 1, 10]);
    expect(mirrorings(2)).toEqual([[false, false], [true, false], [false, true], [true, true]]); // prettier-ignore
    expect(mirrorings(3)).toHaveLength(8);
  });
});

describe('a mean of runs and of mirrorings', () => {
  /** A run whose model gives the logit of a pixel by its place alone: `logits[x]`. */
  function placed(logits: readonly number[], classes = ['background', 'foreground']): OpenRun {
    const image = input({ shape: [1, logits.length, 1] });
    const zero = layers.conv2d({ filters: 1, kernelSize: 1, useBias: false, kernelInitializer: 'zeros' });
    const flat = layers.flatten().apply(zero.apply(image)) as SymbolicTensor;
    const eye = tf.zeros([logits.length, logits.length]);
    const dense = layers.dense({ units: logits.length, weights: [eye, tf.tensor1d([...logits])] });
    const back = layers.reshape({ targetShape: [1, logits.length, 1] });
    const model = modelOf({ inputs: image, outputs: back.apply(dense.apply(flat)) as SymbolicTensor });
    const config = parseConfig({ data: { folder: 'demo' } });
    return { folder: `run-${logits.join()}`, config, classes, background: 0, inputShape: [1, logits.length, 1], model, checkpoint: 'best', fingerprint: 'same', edited: false }; // prettier-ignore
  }
  const logit = (p: number) => Math.log(p / (1 - p));

  async function softShares(runs: readonly OpenRun[], tta: boolean) {
    const file = path.join(folder, 'pair');
    writeDataset(file, [1, 1], 2);
    for (const part of ['images', 'masks']) writePng(path.join(file, part, '0.png'), 2, (x) => x);
    const { cases } = await testRun(runs, { data: file, tta, part: 'val' });
    return cases[0]!.classes[1]!.softPredicted! / cases[0]!.classes[1]!.pixels;
  }

  it('averages probabilities, not logits', async () => {
    const [a, b] = [placed([logit(0.9), logit(0.9)]), placed([logit(0.2), logit(0.2)])];
    expect(await softShares([a, b], false)).toBeCloseTo(0.55, 5);
    expect(await softShares([a], false)).toBeCloseTo(0.9, 5);
  });

  it('maps mirrored predictions back', async () => {
    const run = placed([logit(0.9), logit(0.3)]);
    const images = path.join(folder, 'row');
    mkdirSync(images, { recursive: true });
    writePng(path.join(images, 'a.png'), 2, (x) => x);
    const labelsOf = async (tta: boolean) => {
      const { written } = await predictFolder(run, images, path.join(folder, `row-${tta}`), { tta });
      return [...(await readImage(written[0]!)).values].map((value) => Math.round(255 * value));
    };
    expect(await labelsOf(false)).toEqual([1, 0, 1, 0]);
    expect(await labelsOf(true)).toEqual([1, 1, 1, 1]); // (0.9 + 0.3) / 2 in both columns
  });

  it('refuses runs that do not agree', async () => {
    const [a, b] = [placed([1, 1]), placed([1, 1], ['background', 'other'])];
    await expect(testRun([a, b])).rejects.toThrow(
      'wanted runs that agree on classes, got background, foreground in run-1,1',
    );
    await expect(testRun([a, { ...a, inputShape: [1, 2, 2, 1] }])).rejects.toThrow('images or volumes');
  });

  it('refuses to score several runs on images that one of them may have been trained with', async () => {
    const run = await openRun((await runTraining(tinyRun(folder, { epochs: 1 }))).folder);
    const other = { ...run, fingerprint: 'another split' };
    await expect(testRun([run, other])).rejects.toMatchObject({ code: 'other-data' });
    const [alone, twice] = [await testRun(run), await testRun([run, run])];
    expect(twice.summary.foreground.dice).toBeCloseTo(alone.summary.foreground.dice!, 6);
    run.model.dispose();
  });
});
