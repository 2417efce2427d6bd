import { describe, expect, it } from '@jest/globals';
import {
  augmentation,
  augmentedProportions,
  centerCropOrPad,
  elastic,
  gaussianBlur,
  gaussianNoise,
  gridDistortion,
  loadAll,
  oneOf,
  paperRecipe,
  randomAffine,
  randomBrightnessContrast,
  randomCrop,
  randomFlip,
  randomGamma,
  randomHueSaturation,
  randomRotate90,
  randomScale,
  randomStream,
  scaleLongestSide,
  shuffled,
  sometimes,
  stretchTo,
  syntheticDataset,
  type Sample,
  type Transform,
} from '@segloss/data';

/** The largest difference between two images, or from a number. */
const off = (image: Float32Array, wanted: ArrayLike<number> | number) =>
  image.reduce(
    (worst, value, i) =>
      Math.max(worst, Math.abs(value - (typeof wanted === 'number' ? wanted : wanted[i]!))),
    0,
  );

/** Blocks of 4 x 4 pixels with one label each; the image has the label as its value. */
function blocks(height: number, width: number, { channels = 1, id = 'blocks', seed = 1 } = {}): Sample {
  const random = randomStream(seed);
  const labels = Array.from({ length: 100 }, () => random.integer(5));
  const mask = Uint8Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width) >> 2, (i % width) >> 2];
    return labels[(7 * row + column) % 100]!;
  });
  const image = Float32Array.from(
    { length: mask.length * channels },
    (_, i) => mask[Math.floor(i / channels)]! / 4,
  );
  return { id, height, width, channels, image, mask };
}

const GEOMETRIC: [string, Transform][] = [
  ['randomFlip', randomFlip({ horizontal: 0.5, vertical: 0.5 })],
  ['randomRotate90', randomRotate90()],
  ['randomAffine', randomAffine({ rotate: 30, scale: [0.7, 1.4], translate: 0.1, shear: 10 })],
  ['elastic', elastic()],
  ['gridDistortion', gridDistortion()],
  ['randomCrop', randomCrop({ size: [13, 17] })],
  ['a crop larger than the image', randomCrop({ size: [40, 50] })],
  ['centerCropOrPad', centerCropOrPad([30, 11])],
  ['randomScale', randomScale([0.5, 2])],
  ['scaleLongestSide', scaleLongestSide(37)],
  ['stretchTo', stretchTo([19, 31])],
];
const PHOTOMETRIC: [string, Transform][] = [
  ['randomGamma', randomGamma()],
  ['randomBrightnessContrast', randomBrightnessContrast()],
  ['randomHueSaturation', randomHueSaturation()],
  ['gaussianNoise', gaussianNoise()],
  ['gaussianBlur', gaussianBlur()],
];

describe.each(GEOMETRIC)('%s', (_, transform) => {
  const sample = blocks(24, 28);
  const epochs = Array.from({ length: 20 }, (_, epoch) => augmentation([transform])(sample, { epoch }));

  it('gives no label that the mask had not, but the one of what lies beyond', () => {
    const known = new Set([...sample.mask, 255]);
    for (const { mask } of epochs) expect([...mask].filter((label) => !known.has(label))).toEqual([]);
  });

  it('moves image and mask alike', () => {
    let [compared, worst] = [0, 0];
    for (const { mask, image, width, height } of epochs) {
      for (let y = 1; y < height - 1; y++) {
        for (let x = 1; x < width - 1; x++) {
          const i = y * width + x;
          // Where all labels around are the same, so is what the image is interpolated from.
          const around = [-width - 1, -width, 1 - width, -1, 1, width - 1, width, width + 1];
          if (mask[i] === 255 || around.some((step) => mask[i + step] !== mask[i])) continue;
          worst = Math.max(worst, Math.abs(image[i]! - mask[i]! / 4));
          compared++;
        }
      }
    }
    expect(worst).toBeLessThan(0.26); // half a label's step
    expect(compared).toBeGreaterThan(20);
  });

  it('fits sizes and does not touch its source', () => {
    const before = [sample.image.slice(), sample.mask.slice()];
    for (const { mask, image, width, height } of epochs) {
      expect([mask.length, image.length]).toEqual([width * height, width * height]);
    }
    expect([sample.image, sample.mask]).toEqual(before);
  });
});

describe.each(PHOTOMETRIC)('%s', (_, transform) => {
  it('changes the image, within 0 to 1, and not the mask', () => {
    const sample = blocks(12, 9, { channels: 3 });
    sample.image.forEach((value, i) => (sample.image[i] = (value + (i % 3)) / 4)); // of all colors
    const { image, mask } = augmentation([transform])(sample, { epoch: 3 });
    expect(mask).toBe(sample.mask);
    expect(image).not.toEqual(sample.image);
    expect([...image].every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

describe('augmentation', () => {
  const all = [...GEOMETRIC, ...PHOTOMETRIC].map(([, transform]) => transform);

  it('depends on seed, epoch and id alone: not on order, nor on who does which', () => {
    const samples = Array.from({ length: 6 }, (_, i) => blocks(16, 20, { channels: 3, id: `case-${i}` }));
    const bytes = (order: readonly Sample[]) => {
      const augment = augmentation(all, { seed: 5 }); // as each worker makes its own
      return new Map(order.map((sample) => [sample.id, augment(sample, { epoch: 2 })]));
    };
    const once = bytes(samples);
    const workers = [
      bytes(shuffled(samples.slice(0, 3), randomStream(1))),
      bytes(samples.slice(3).reverse()),
    ];
    for (const worker of workers) for (const [id, sample] of worker) expect(sample).toEqual(once.get(id));
    const [first, second] = [...once.values()].map(({ image }) => image);
    expect(first).not.toEqual(second); // the same picture by another id
    expect(augmentation(all, { seed: 6 })(samples[0]!, { epoch: 2 }).image).not.toEqual(first);
    expect(augmentation(all, { seed: 5 })(samples[0]!, { epoch: 3 }).image).not.toEqual(first);
  });

  it('makes one resampling of transforms that follow each other', () => {
    const sample = blocks(16, 16);
    const turn = (degrees: number) => randomAffine({ rotate: [degrees, degrees] });
    const there = augmentation([turn(33), turn(-33)])(sample, { epoch: 0 });
    expect(off(there.image, sample.image)).toBeLessThan(1e-3);
    expect(there.mask).toEqual(sample.mask);
  });

  it('flips exactly, and twice is nothing', () => {
    const sample = blocks(9, 14, { channels: 3 });
    const flip = (horizontal: number, vertical: number) =>
      augmentation([randomFlip({ horizontal, vertical })]);
    for (const [horizontal, vertical] of [
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const) {
      const once = flip(horizontal, vertical)(sample, { epoch: 0 });
      expect(Array.from(once.image)).toEqual(
        [...once.mask].flatMap((label) => [label / 4, label / 4, label / 4]),
      );
      expect(once.mask).not.toEqual(sample.mask);
      expect(flip(horizontal, vertical)(once, { epoch: 0 })).toEqual(sample);
    }
  });

  it('turns by 90 degrees as an affine turn does', () => {
    const sample = blocks(15, 15);
    const quarter = augmentation([randomAffine({ rotate: [90, 90] })])(sample, { epoch: 0 });
    const turned = Array.from({ length: 40 }, (_, epoch) =>
      augmentation([randomRotate90()])(sample, { epoch }),
    );
    const same = turned.filter(({ mask }) => mask.every((label, i) => label === quarter.mask[i]));
    expect(same.length).toBeGreaterThan(3);
    expect(new Set(turned.map(({ mask }) => mask.join())).size).toBe(4);
  });

  it('turns counterclockwise, and moves to the right and down', () => {
    const mask = new Uint8Array(25);
    mask[2 * 5 + 4] = 7; // right of the center
    const sample: Sample = { id: 'a', height: 5, width: 5, channels: 1, image: new Float32Array(25), mask };
    const at = (transform: Transform) => augmentation([transform])(sample, { epoch: 0 }).mask.indexOf(7);
    expect(at(randomAffine({ rotate: [90, 90] }))).toBe(2); // the top
    mask[2 * 5 + 4] = 0;
    mask[0] = 7;
    expect(at(randomAffine({ translate: { x: [0.2, 0.2], y: [0.4, 0.4] } }))).toBe(2 * 5 + 1);
  });

  it('bends an image by as much as it says', () => {
    const width = 200;
    const image = Float32Array.from({ length: width * width }, (_, i) => (i % width) / width);
    const sample: Sample = {
      id: 'a',
      height: width,
      width,
      channels: 1,
      image,
      mask: new Uint8Array(image.length),
    };
    const moves: number[] = [];
    for (let epoch = 0; epoch < 30; epoch++) {
      const bent = augmentation([gridDistortion({ spacing: 0.25, strength: 0.1 })])(sample, { epoch });
      for (let y = 50; y < 150; y += 25) {
        for (let x = 50; x < 150; x += 25)
          moves.push((bent.image[y * width + x]! - image[y * width + x]!) * width);
      }
    }
    const deviation = Math.sqrt(moves.reduce((sum, move) => sum + move * move, 0) / moves.length);
    expect(deviation).toBeGreaterThan(2); // 0.1 * 0.25 * 200 = 5 at the points, less between them
    expect(deviation).toBeLessThan(5.5);
  });

  it('crops about rare classes, and says how the proportions change', async () => {
    const { train } = syntheticDataset({ size: 64, train: 6, val: 0, proportion: 0.03, seed: 2 });
    const samples = await loadAll(train);
    const proportions = (transform: Transform) =>
      augmentedProportions(samples, augmentation([transform]), 2, { epochs: 5 });
    const anywhere = proportions(randomCrop({ size: [16, 16] }));
    const focused = proportions(randomCrop({ size: [16, 16], focus: { classes: [1] } }));
    expect(focused.before).toEqual(anywhere.before);
    expect(focused.after[1]).toBeGreaterThan(3 * focused.before[1]!);
    expect(anywhere.after[1]).toBeLessThan(3 * anywhere.before[1]!);
  });

  it('crops anywhere if an image has none of the classes', () => {
    const crop = augmentation([randomCrop({ size: [4, 4], focus: { classes: [9] } })]);
    expect(crop(blocks(8, 8), { epoch: 0 }).mask).toHaveLength(16);
  });

  it('takes transforms of the user', () => {
    const invert: Transform = { name: 'invert', image: ({ image }) => image.map((value) => 1 - value) };
    const sample = blocks(4, 4);
    expect(augmentation([invert])(sample, { epoch: 0 }).image[0]).toBeCloseTo(1 - sample.image[0]!, 6);
  });

  it('chooses with the probability that is said', () => {
    const mark: Transform = { name: 'mark', image: ({ image }) => image.map(() => 1) };
    const marked = (transform: Transform) => {
      const sample = { ...blocks(1, 1), image: new Float32Array(1) };
      const images = Array.from(
        { length: 400 },
        (_, epoch) => augmentation([transform])(sample, { epoch }).image[0]!,
      );
      return images.reduce((sum, value) => sum + value, 0) / 400;
    };
    expect(marked(sometimes(0.25, mark))).toBeCloseTo(0.25, 1);
    expect(marked(oneOf(mark, [], randomFlip(), []))).toBeCloseTo(0.25, 1);
  });

  it('says what is wrong', () => {
    expect(() => augmentation([randomFlip as never])).toThrow(
      'wanted transforms, as randomFlip() makes them, got function at 0',
    );
    expect(() => randomFlip({ horizontal: 2 })).toThrow('randomFlip: wanted horizontal from 0 to 1, got 2');
    expect(() => randomAffine({ scale: [0, 1] })).toThrow(
      'randomAffine: wanted scale to be a rising range within 0.001 to 1000, got [0,1]',
    );
    expect(() => randomAffine({ rotate: [5, -5] })).toThrow('wanted rotate to be a rising range, got [5,-5]');
    expect(() => randomCrop({ size: [4, 0] })).toThrow(
      'randomCrop: wanted size as [height, width] or [depth, height, width] in whole pixels, got [4,0]',
    );
    expect(() => elastic({ spacing: 0 })).toThrow('elastic: wanted spacing above 0');
    expect(() => gridDistortion({ strength: 2 })).toThrow('gridDistortion: wanted strength from 0 to 1');
    expect(() => oneOf()).toThrow('oneOf: wanted one or more transforms');
    expect(() => paperRecipe('coco' as never, [4, 4])).toThrow(
      'wanted name to be "retinal-lesions" | "cityscapes" | "polyp", got "coco"',
    );
    const gray = augmentation([randomHueSaturation()]);
    expect(() => gray(blocks(2, 2), { epoch: 0 })).toThrow(
      'wanted color images with 3 channels, got 1 in blocks',
    );
  });
});

describe('changes of the image', () => {
  const sample = blocks(9, 9, { channels: 3 });
  const image = (transform: Transform, epoch = 0) => augmentation([transform])(sample, { epoch }).image;

  it('a full turn of the hue is none', () => {
    const noisy = augmentation([gaussianNoise([0.1, 0.1])])(sample, { epoch: 0 });
    const turned = augmentation([randomHueSaturation({ hue: [360, 360], saturation: 0 })])(noisy, {
      epoch: 0,
    });
    expect(off(turned.image, noisy.image)).toBeLessThan(1e-5);
  });

  it('no saturation is gray', () => {
    const noisy = augmentation([gaussianNoise([0.1, 0.1])])(sample, { epoch: 0 });
    const gray = augmentation([randomHueSaturation({ hue: 0, saturation: [-1, -1] })])(noisy, {
      epoch: 0,
    }).image;
    for (let i = 0; i < gray.length; i += 3) expect(gray[i]).toBeCloseTo(gray[i + 2]!, 5);
  });

  it('a blur keeps the sum of a point, and what is the same everywhere', () => {
    const point = { ...sample, channels: 1, image: new Float32Array(81) };
    point.image[40] = 1;
    const blurred = augmentation([gaussianBlur([1, 1])])(point, { epoch: 0 }).image;
    expect(blurred.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    expect(blurred[40]).toBeCloseTo(blurred[41]! * Math.exp(0.5), 4);
    const flat = { ...point, image: new Float32Array(81).fill(0.3) };
    expect(off(augmentation([gaussianBlur([2, 2])])(flat, { epoch: 0 }).image, 0.3)).toBeLessThan(1e-6);
  });

  it('noise has the deviation that is said', () => {
    const flat = { ...blocks(100, 100), image: new Float32Array(10_000).fill(0.5) };
    const noisy = augmentation([gaussianNoise([0.1, 0.1])])(flat, { epoch: 0 }).image;
    const variance = noisy.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / noisy.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
  });

  it('contrast 0 leaves the mean', () => {
    const mean = sample.image.reduce((sum, value) => sum + value, 0) / sample.image.length;
    expect(off(image(randomBrightnessContrast({ brightness: 0, contrast: [-1, -1] })), mean)).toBeLessThan(
      1e-5,
    );
  });
});

describe("the paper's recipes", () => {
  it.each(['retinal-lesions', 'cityscapes', 'polyp'] as const)('%s gives images of the size', (name) => {
    const { train, val, beyond } = paperRecipe(name, [16, 32]);
    for (let epoch = 0; epoch < 12; epoch++) {
      const { height, width } = augmentation(train, { beyond })(blocks(20, 40, { channels: 3 }), { epoch });
      expect([height, width]).toEqual([16, 32]);
    }
    const { height, width } = augmentation(val, { beyond })(blocks(20, 40, { channels: 3 }), { epoch: 0 });
    expect([height, width]).toEqual(name === 'cityscapes' ? [32, 64] : [16, 32]);
  });

  it('retinal lesions turn background in, polyps what is ignored', () => {
    const labels = (name: 'retinal-lesions' | 'polyp', size: [number, number]) => {
      const { train, beyond } = paperRecipe(name, size);
      const sample = { ...blocks(16, 8, { channels: 3 }), mask: new Uint8Array(128).fill(1) };
      const seen = new Set<number>();
      for (let epoch = 0; epoch < 12; epoch++) {
        for (const label of augmentation(train, { beyond })(sample, { epoch }).mask) seen.add(label);
      }
      return [...seen].sort();
    };
    expect(labels('retinal-lesions', [16, 16])).toEqual([0, 1]);
    expect(labels('polyp', [16, 16])).toEqual([1, 255]);
  });
});

describe('a row of places', () => {
  it.each(GEOMETRIC)('is moved as its places one by one: %s', (name, transform) => {
    if (!('warp' in transform)) throw new Error('wanted a geometric transform');
    const sample = blocks(24, 28);
    let compared = 0;
    for (let seed = 0; seed < 12; seed++) {
      const { rowToSource, toSource } = transform.warp(sample, randomStream(seed), () => sample) ?? {};
      if (!rowToSource || !toSource) continue;
      const random = randomStream(`places-${seed}`);
      const drawn = () => Float64Array.from({ length: 9 }, () => 40 * random.uniform() - 5);
      const row = { x: drawn(), y: drawn(), z: drawn() };
      const points = Array.from(row.x, (x, i) => ({ x, y: row.y[i]!, z: row.z[i]! }));
      rowToSource(row);
      points.forEach(toSource);
      expect(points).toEqual(points.map((__, i) => ({ x: row.x[i]!, y: row.y[i]!, z: row.z[i]! })));
      compared++;
    }
    // These two move each place for itself.
    expect(compared > 5).toBe(!['elastic', 'gridDistortion'].includes(name));
  });

  it('gives the same image and mask without it, for any number of channels and labels', () => {
    const alone: Transform[] = GEOMETRIC.map(([, transform]) => ({
      name: transform.name,
      warp(size, random, sample) {
        if (!('warp' in transform)) throw new Error('wanted a geometric transform');
        const warp = transform.warp(size, random, sample);
        return warp && { height: warp.height, width: warp.width, toSource: warp.toSource };
      },
    }));
    for (const channels of [1, 2, 3]) {
      const sample = blocks(24, 28, { channels });
      for (const [i, [, transform]] of GEOMETRIC.entries()) {
        const together = augmentation([transform, randomFlip()])(sample, { epoch: 1 });
        expect(augmentation([alone[i]!, randomFlip()])(sample, { epoch: 1 })).toEqual(together);
      }
    }
  });
});

describe('an image that is changed in place', () => {
  const flip = randomFlip({ horizontal: 1 });
  const sample = blocks(12, 9, { channels: 3 });

  it.each(PHOTOMETRIC)('has the values of a new one, and the sample keeps its own: %s', (_, transform) => {
    if (!('image' in transform)) throw new Error('wanted a change of the image');
    const { name, image } = transform;
    const before = sample.image.slice();
    const changed = (one: Transform) => augmentation([flip, one, one])(sample, { epoch: 3 });
    expect(changed(transform)).toEqual(changed({ name, image }));
    expect(sample.image).toEqual(before);
  });

  it('is none that a transform of the user has seen', () => {
    const seen: Float32Array[] = [];
    const look: Transform = {
      name: 'look',
      image({ image }) {
        seen.push(image);
        return image;
      },
    };
    const halved = randomGamma([0.5, 0.5]);
    augmentation([flip, look, halved])(sample, { epoch: 0 });
    expect(seen[0]).toEqual(augmentation([flip])(sample, { epoch: 0 }).image);
    const crop: Transform = {
      name: 'crop',
      warp(_, __, shown) {
        seen.push(shown().image);
        return undefined;
      },
    };
    augmentation([flip, halved, crop, halved])(sample, { epoch: 0 });
    expect(seen[1]).toEqual(augmentation([flip, halved])(sample, { epoch: 0 }).image);
  });
});
