import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  classProportions,
  demoDataset,
  loadAll,
  randomStream,
  resizeSample,
  shuffled,
  syntheticDataset,
  type Sample,
} from '@segloss/data';
import fc from 'fast-check';

const digest = (samples: readonly Sample[]) => {
  const hash = createHash('sha256');
  for (const { image, mask } of samples) hash.update(Buffer.from(image.buffer)).update(mask);
  return hash.digest('hex').slice(0, 16);
};

describe('syntheticDataset', () => {
  it('gives the same bytes for the same options, on every machine', async () => {
    const { train } = syntheticDataset({ size: 16, train: 3, val: 0, seed: 5, channels: 3 });
    expect(digest(await loadAll(train))).toBe('0caae75825515142');
  });

  it('gives other images for another seed, and the same image whatever is loaded before', async () => {
    const [a, b] = [syntheticDataset({ seed: 1 }), syntheticDataset({ seed: 2 })];
    const [first, second] = await loadAll(a.train, { limit: 2 });
    expect(digest([await a.train[1]!.load()])).toBe(digest([second!]));
    expect(digest([await b.train[0]!.load()])).not.toBe(digest([first!]));
  });

  it.each([0.01, 0.03, 0.1, 0.3])('has the wanted mean proportion %f within a third', async (proportion) => {
    const { train } = syntheticDataset({ size: 64, train: 60, val: 0, proportion });
    const share = 1 - classProportions(await loadAll(train), 2)[0]!;
    expect(share / proportion).toBeGreaterThan(0.67);
    expect(share / proportion).toBeLessThan(1.5);
  });

  it('draws lesions brighter than their surroundings, by about the contrast', async () => {
    const samples = await loadAll(
      syntheticDataset({ train: 20, val: 0, contrast: 0.4, proportion: 0.1 }).train,
    );
    const mean = (label: number) => {
      const values = samples.flatMap(({ image, mask }) =>
        Array.from(image).filter((_, i) => mask[i] === label),
      );
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
    expect(mean(1) - mean(0)).toBeGreaterThan(0.25);
    expect(mean(1) - mean(0)).toBeLessThan(0.5);
  });

  it('has every class that is named', async () => {
    const classes = ['background', 'a', 'b', 'c'];
    const samples = await loadAll(syntheticDataset({ classes, train: 12, val: 0, proportion: 0.2 }).train);
    expect(classProportions(samples, 4).every((share) => share > 0.01)).toBe(true);
  });

  it('refuses what it does not know', () => {
    expect(() => syntheticDataset({ colour: 1 } as never)).toThrow(
      'syntheticDataset: unknown option "colour"; known options: size',
    );
    expect(() => syntheticDataset({ proportion: 0.9 })).toThrow(
      'wanted proportion to be a number from 0 to 0.5, got 0.9',
    );
    expect(() => syntheticDataset({ train: 1.5 })).toThrow(
      'wanted train to be an integer from 0 to 1000000, got 1.5',
    );
    expect(() => syntheticDataset({ classes: ['one'] })).toThrow('wanted 2 to 200 classes');
  });

  it('is imbalanced and complete as the demo', async () => {
    const { train, val, classes } = demoDataset();
    const samples = await loadAll([...train, ...val]);
    const share = classProportions(samples, classes.length)[1]!;
    expect(share).toBeGreaterThan(0.015);
    expect(share).toBeLessThan(0.06);
    expect(samples.every(({ mask }) => mask.includes(1))).toBe(true);
  });
});

describe('random streams', () => {
  it('are uniform, normal and independent enough', () => {
    const random = randomStream(3);
    const values = Array.from({ length: 20_000 }, () => random.uniform());
    expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(0.5, 1);
    const normal = Array.from({ length: 20_000 }, () => random.normal());
    expect(normal.reduce((a, b) => a + b * b, 0) / normal.length).toBeCloseTo(1, 1);
    expect(
      Math.abs(normal.reduce((a, b, i) => a + b * (normal[i + 1] ?? 0), 0) / normal.length),
    ).toBeLessThan(0.03);
  });

  it('shuffle without loss', () => {
    fc.assert(fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      expect(shuffled(items, randomStream(seed)).sort()).toEqual([...items].sort());
    }), { seed: 1 }); // prettier-ignore
  });
});

const sample = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    seed: fc.integer(),
  })
  .map(({ width, height, seed }): Sample => {
    const random = randomStream(seed);
    const mask = Uint8Array.from({ length: width * height }, () => [0, 1, 5, 255][random.integer(4)]!);
    // The image shows its mask, so that whatever moves one must move the other.
    return {
      id: 's',
      width,
      height,
      channels: 1,
      mask,
      image: Float32Array.from(mask, (label) => label / 255),
    };
  });

describe('transforms', () => {
  it('never make a new label, and keep the image in its range', () => {
    fc.assert(fc.property(sample, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (one, height, width) => {
      const { mask, image } = resizeSample(one, height, width);
      expect(mask.length).toBe(height * width);
      expect([...mask].every((label) => one.mask.includes(label))).toBe(true);
      expect([...image].every((value) => value >= -1e-6 && value <= 1 + 1e-6)).toBe(true);
    }), { seed: 2 }); // prettier-ignore
  });

  it('enlarge by a whole factor alike, away from the borders of labels', () => {
    const mask = Uint8Array.of(0, 0, 0, 1, 1, 1);
    const { image, mask: larger } = resizeSample(
      { id: 'a', width: 6, height: 1, channels: 1, mask, image: Float32Array.from(mask) },
      1,
      18,
    );
    [0, 3, 6, 11, 14, 17].forEach((x) => expect(image[x]).toBe(larger[x]));
  });

  it('shrink by averaging, so that a thin line keeps its light', () => {
    const image = Float32Array.from({ length: 64 }, (_, i) => (i % 8 === 3 ? 1 : 0));
    const small = resizeSample(
      { id: 'a', width: 64, height: 1, channels: 1, image, mask: new Uint8Array(64) },
      1,
      8,
    );
    expect(small.image.reduce((a, b) => a + b, 0) / 8).toBeCloseTo(1 / 8, 2);
  });

  it('keep constants', () => {
    const image = new Float32Array(5 * 7 * 3).fill(0.3);
    const { image: resized } = resizeSample(
      { id: 'a', width: 7, height: 5, channels: 3, image, mask: new Uint8Array(35) },
      3,
      11,
    );
    expect(Math.max(...Array.from(resized, (value) => Math.abs(value - 0.3)))).toBeLessThan(1e-6);
  });
});
