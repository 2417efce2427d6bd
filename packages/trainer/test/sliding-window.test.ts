import { beforeAll, describe, expect, it } from '@jest/globals';
import { garbageCollector } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { type Sample } from '@segloss/data';
import { predictSliding, predictSlidingLabels, selectBackend } from '@segloss/trainer';
import { unet } from '@segloss/models';

import { numbers } from '../../testing/src/random';

beforeAll(() => selectBackend('cpu'));

const collectGarbage = garbageCollector();

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** A model whose logit of a pixel depends on the image there, on the place in the window, and on the window's first value. */
function positional(window: readonly number[], outputs: number) {
  const model = unet({ inputShape: [...window, 1] as [number, number, number], outputs, widths: [1], seed: 1 }); // prettier-ignore
  model.predict = (images) =>
    tf.tidy(() => {
      const x = images as tf.Tensor;
      const count = x.shape[0]!;
      const values = x.dataSync();
      const length = product(window);
      const logits = Float32Array.from({ length: count * length * outputs }, (_, i) =>
        logitOf(values.subarray(Math.floor(i / length / outputs) * length), Math.floor(i / outputs) % length, i % outputs),
      ); // prettier-ignore
      return tf.tensor(logits, [count, ...window, outputs]);
    });
  return model;
}

const logitOf = (window: ArrayLike<number>, at: number, k: number) =>
  Math.fround((1 + k) * window[at]! - 0.3 * k + 0.05 * ((at * (k + 2)) % 7) + 0.2 * window[0]!);

/** The weighted mean of the windows that see each pixel, by plain loops over pixels. */
function meanLogits(
  sizes: readonly number[],
  window: readonly number[],
  image: Float32Array,
  outputs: number,
  overlap: number,
) {
  const starts = sizes.map((size, axis) => {
    if (size <= window[axis]!) return [0];
    const steps = Math.ceil((size - window[axis]!) / Math.max(1, window[axis]! * (1 - overlap)));
    return Array.from({ length: steps + 1 }, (_, i) => Math.round((i * (size - window[axis]!)) / steps));
  });
  const gauss = (i: number, size: number) => Math.exp(-0.5 * (((i + 0.5) / size - 0.5) * 8) ** 2);
  const places = starts.reduce<number[][]>((all, each) => all.flatMap((place) => each.map((at) => [...place, at])), [[]]); // prettier-ignore
  const split = (index: number, shape: readonly number[]) => {
    const at = shape.map(() => 0);
    for (let axis = shape.length - 1, left = index; axis >= 0; axis--) {
      at[axis] = left % shape[axis]!;
      left = Math.floor(left / shape[axis]!);
    }
    return at;
  };
  const indexOf = (at: readonly number[], shape: readonly number[]) => at.reduce((index, x, axis) => index * shape[axis]! + x, 0); // prettier-ignore
  const windows = places.map((place) =>
    Array.from({ length: product(window) }, (_, i) => {
      const at = split(i, window).map((x, axis) => x + place[axis]!);
      return at.every((x, axis) => x < sizes[axis]!) ? image[indexOf(at, sizes)]! : 0;
    }),
  );
  return Float32Array.from({ length: product(sizes) * outputs }, (_, i) => {
    const at = split(Math.floor(i / outputs), sizes);
    let [sum, total] = [0, 0];
    places.forEach((place, w) => {
      const inside = at.map((x, axis) => x - place[axis]!);
      if (inside.some((x, axis) => x < 0 || x >= window[axis]!)) return;
      const weight = inside.reduce((each, x, axis) => each * gauss(x, window[axis]!), 1);
      total += weight;
      sum += weight * logitOf(windows[w]!, indexOf(inside, window), i % outputs);
    });
    return sum / total;
  });
}

function sampleOf(sizes: readonly number[], seed: number): Sample {
  const { next } = numbers(seed);
  const [height, width] = sizes.slice(-2) as [number, number];
  const image = Float32Array.from({ length: product(sizes) }, () => next());
  const mask = new Uint8Array(image.length);
  return { id: 'a', ...(sizes.length === 3 && { depth: sizes[0]! }), height, width, channels: 1, image, mask }; // prettier-ignore
}

describe('predictSliding and predictSlidingLabels', () => {
  const CASES: [number[], number[], number, number, number][] = [
    [[23, 17], [8, 8], 1, 0.5, 3],
    [[23, 17], [8, 4], 3, 0.5, 8],
    [[9, 30], [8, 8], 3, 0, 1],
    [[5, 30], [8, 8], 2, 0.7, 4],
    [[30, 3], [4, 4], 3, 0.75, 100],
    [[7, 9, 6], [4, 4, 4], 3, 0.5, 5],
    [[3, 9, 6], [4, 4, 4], 1, 0.25, 2],
  ];
  it.each(CASES)(
    'are the weighted means over the windows: image %j, window %j, %d channels, overlap %d, %d windows at a time',
    async (sizes, window, outputs, overlap, batchSize) => {
      const model = positional(window, outputs);
      const sample = sampleOf(sizes, 5);
      const wanted = meanLogits(sizes, window, sample.image, outputs, overlap);
      const { labels, probabilities } = await predictSliding(model, sample, { overlap, batchSize });
      expect(await predictSlidingLabels(model, sample, { overlap, batchSize })).toEqual(labels);
      for (let i = 0; i < labels.length; i++) {
        const logits = Array.from(wanted.subarray(i * outputs, (i + 1) * outputs));
        const exps = outputs === 1 ? [1, Math.exp(logits[0]!)] : logits.map(Math.exp);
        const sum = exps.reduce((a, b) => a + b);
        exps.forEach((e, k) => expect(probabilities[i * exps.length + k]).toBeCloseTo(e / sum, 5));
        const best = exps.indexOf(Math.max(...exps));
        if (exps.every((e, k) => k === best || e < exps[best]! * 0.9999)) expect(labels[i]).toBe(best);
      }
    },
  );

  it('refuses a logit that is not finite in whatever strip', async () => {
    const model = positional([8, 8], 2);
    const sample = sampleOf([40, 9], 1);
    sample.image[39 * 9] = NaN;
    for (const predict of [predictSliding, predictSlidingLabels])
      await expect(predict(model, sample)).rejects.toThrow('wanted finite logits, got NaN for a');
  });

  it('keeps no sums but those of one row of windows', async () => {
    const outputs = 16;
    const sizes = [256, 16];
    const model = positional([16, 16], outputs);
    const sample = sampleOf(sizes, 2);
    const before = process.memoryUsage().arrayBuffers;
    const plain = model.predict.bind(model);
    let most = 0;
    model.predict = (images) => {
      collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      return plain(images);
    };
    await predictSlidingLabels(model, sample, { batchSize: 1 });
    const logits = product(sizes) * outputs * Float32Array.BYTES_PER_ELEMENT;
    expect(most).toBeLessThan(logits);
  });
});
