import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadAll, loader, openDataset, randomStream, resizeSample } from '@segloss/data';
import { encode } from 'fast-png';
import { join } from 'node:path';

import { type RawPixels } from '../src/formats/raw-pixels';
import { imageOf } from '../src/read/pixels';
import { sampleOf } from '../src/read/pairs';
import { imageOfSize } from '../src/read/shrink';
import { removeAfterAll, temporaryFolder } from './files.js';

const random = randomStream('shrink');
const noise = (count: number, maximum: number) =>
  Array.from({ length: count }, () => random.integer(maximum + 1));

function pixels(width: number, height: number, more: Partial<RawPixels> = {}): RawPixels {
  const { channels = 3, maximum = 255 } = more;
  const values = noise(width * height * channels, maximum);
  return {
    ...{ kind: 'png', lossy: false, width, height, channels, maximum, indexed: false, alpha: false },
    values: maximum > 255 ? Uint16Array.from(values) : Uint8Array.from(values),
    ...more,
  };
}

const KINDS: [string, Partial<RawPixels>][] = [
  ['colors', {}],
  ['colors with opacity', { channels: 4, alpha: true }],
  ['grays', { channels: 1 }],
  ['grays with opacity', { channels: 2, alpha: true }],
  ['grays of 4 bits', { channels: 1, maximum: 15 }],
  ['colors of 16 bits', { maximum: 65535 }],
  ['a palette', { channels: 1, indexed: true, maximum: 3, palette: [[0, 0, 0], [255, 0, 9], [1, 2, 3]] }],
]; // prettier-ignore

/** By definition: a triangle as wide as the larger of the two pixels, along rows and then along columns, each rounded to float32. */
function resized(
  image: Float32Array,
  [height, width, channels]: number[],
  toHeight: number,
  toWidth: number,
) {
  const weights = (from: number, to: number, i: number) => {
    const support = Math.max(1, from / to);
    const center = ((i + 0.5) * from) / to - 0.5;
    const all = Array.from({ length: from }, (_, x) => Math.max(0, 1 - Math.abs(x - center) / support));
    const total = all.reduce((sum, weight) => sum + weight, 0);
    return all.map((weight) => weight / total);
  };
  const along = (count: number, from: number, to: number, value: (line: number, x: number) => number) =>
    Array.from({ length: to }, (_, i) => {
      const of = weights(from, to, i);
      return Array.from({ length: count }, (__, line) => Math.fround(of.reduce((sum, weight, x) => sum + weight * value(line, x), 0))); // prettier-ignore
    });
  const wide = along(height! * channels!, width!, toWidth, (line, x) => image[(Math.floor(line / channels!) * width! + x) * channels! + (line % channels!)]!); // prettier-ignore
  const small = along(toWidth * channels!, height!, toHeight, (line, y) => wide[Math.floor(line / channels!)]![y * channels! + (line % channels!)]!); // prettier-ignore
  return Float32Array.from(small.flat());
}

describe('imageOfSize', () => {
  // Also one axis or both growing or as they are, one pixel, and ratios at which centers fall on pixels.
  const sizes = [[37, 23, 8, 5], [37, 23, 37, 5], [37, 23, 8, 23], [21, 14, 15, 10], [21, 14, 7, 7], [9, 9, 30, 4], [9, 9, 4, 30], [9, 5, 18, 11], [16, 16, 1, 1], [5, 7, 4, 6]]; // prettier-ignore
  it.each(KINDS)('gives area averages and interpolations, bit-identical to resizeSample: %s', (_, kind) => {
    for (const [width, height, toWidth, toHeight] of sizes as [number, number, number, number][]) {
      const raw = pixels(width, height, kind);
      const { values: image, ...full } = imageOf(raw);
      const sample = { id: 'a', ...full, image, mask: new Uint8Array(width * height) };
      const small = imageOfSize(raw, toHeight, toWidth);
      expect([small.width, small.height, small.channels]).toEqual([toWidth, toHeight, full.channels]);
      const wanted = resized(image, [height, width, full.channels], toHeight, toWidth);
      const apart = (values: Float32Array) =>
        Math.max(...wanted.map((value, i) => Math.abs(value - values[i]!)));
      // Of sums in float64 that differ in their last bits, few are rounded differently.
      expect(apart(small.values)).toBeLessThan(1e-7);
      expect(small.values).toEqual(resizeSample(sample, toHeight, toWidth).image);
    }
  });

  it('keeps the mean of an image whose sides it divides', () => {
    const raw = pixels(12, 8, { channels: 1 });
    const { values } = imageOfSize(raw, 1, 1);
    // A triangle as wide as the image on both sides of its center: weights 1/12 - |x| / 144 and so on.
    const weight = (i: number, side: number) => 1 - Math.abs(i + 0.5 - side / 2) / side;
    let [sum, total] = [0, 0];
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 12; x++) {
        const w = weight(x, 12) * weight(y, 8);
        sum += (w * raw.values[12 * y + x]!) / 255;
        total += w;
      }
    }
    expect(values[0]).toBeCloseTo(sum / total, 6);
  });
});

describe('sources of files', () => {
  let path: string;
  let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
  removeAfterAll(() => path);

  beforeAll(async () => {
    ({ path, put } = await temporaryFolder());
    const image = (channels: 1 | 3) => encode({ width: 20, height: 14, channels, data: Uint8Array.from(noise(280 * channels, 255)) }); // prettier-ignore
    const mask = () => encode({ width: 20, height: 14, channels: 1, data: Uint8Array.from(noise(280, 1)) });
    for (const [i, id] of ['a', 'b', 'c', 'd'].entries()) {
      await put(`set/images/${id}.png`, image(i % 2 === 0 ? 3 : 1));
      await put(`set/masks/${id}.png`, mask());
    }
  });

  it('resize as they read to what resizeSample gives: masks, and gray among colors', async () => {
    const { train, val } = await openDataset(join(path, 'set'));
    const sources = [...train, ...val];
    const full = await loadAll(sources);
    const wanted = full.map((sample) => resizeSample(sample, 5, 8));
    expect(await loadAll(sources, { size: [5, 8] })).toEqual(wanted);
    const data = loader(sources, { size: [5, 8] });
    const samples = [];
    for await (const sample of data) samples.push(sample);
    await data.close();
    expect(samples).toEqual(wanted);
  });

  it('read the mask alone where it is all that is wanted, and keep no sample without its image', async () => {
    const { train, val } = await openDataset(join(path, 'set'));
    const sources = [...train, ...val];
    const wanted = (await loadAll(sources)).map((sample) => resizeSample(sample, 5, 8));
    const data = loader(sources, { size: [5, 8] });
    for (const [i, source] of data.sources.entries()) {
      const { image, ...mask } = await source.load({ maskOnly: true });
      expect(image).toHaveLength(0);
      const { image: full, ...rest } = wanted[i]!;
      expect(mask).toEqual(rest);
      expect((await source.load()).image).toEqual(full);
      expect((await source.load({ maskOnly: true })).image).toEqual(full); // it is in memory
    }
    await data.close();
  });

  it.each([1, 3])('resize the masks of several labels, and images as %i channels', (channels) => {
    for (const [, kind] of KINDS) {
      const parts = {
        id: 'a',
        pixels: pixels(20, 14, kind),
        channels,
        mask: Uint8Array.from(noise(560, 1)),
        labels: 2,
      };
      expect(sampleOf(parts, [5, 8])).toEqual(resizeSample(sampleOf(parts, undefined), 5, 8));
    }
  });
});
