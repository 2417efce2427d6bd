import { describe, expect, it } from '@jest/globals';
import {
  augmentation,
  centerCropOrPad,
  classProportions,
  elastic,
  gaussianBlur,
  randomAffine,
  randomCrop,
  randomFlip,
  randomRotate90,
  resizeSample,
  sliceOf,
  type Sample,
  type Transform,
} from '@segloss/data';

/** Every voxel has its place as its value, and as its label the sum of the places of 2 x 2 x 2 voxels. */
function volume(depth: number, height: number, width: number): Sample {
  const length = depth * height * width;
  const at = (i: number) =>
    [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width] as const;
  const mask = Uint8Array.from({ length }, (_, i) => at(i).reduce((sum, place) => sum + (place >> 1), 0));
  const image = Float32Array.from({ length }, (_, i) => i / length);
  return { id: 'v', depth, height, width, channels: 1, image, mask, spacing: [3, 1, 1] };
}

const slices = (sample: Sample, axis: 0 | 1 | 2 = 0) =>
  Array.from({ length: [sample.depth!, sample.height, sample.width][axis]! }, (_, index) => sliceOf(sample, { axis, index })); // prettier-ignore
const images = (sample: Sample, axis: 0 | 1 | 2 = 0) => slices(sample, axis).map(({ image }) => [...image]);

describe('augmentation of volumes', () => {
  const sample = volume(4, 6, 8);

  it('mirrors along each axis', () => {
    const flip = (options: Parameters<typeof randomFlip>[0]) => augmentation([randomFlip({ horizontal: 0, ...options })])(sample, { epoch: 0 }); // prettier-ignore
    expect(images(flip({ depth: 1 }))).toEqual(images(sample).reverse());
    expect(images(flip({ vertical: 1 }), 1)).toEqual(images(sample, 1).reverse());
    expect(images(flip({ horizontal: 1 }), 2)).toEqual(images(sample, 2).reverse());
    expect(slices(flip({ depth: 1 })).map(({ mask }) => [...mask])).toEqual(slices(sample).map(({ mask }) => [...mask]).reverse()); // prettier-ignore
  });

  it('draws by epoch and id', () => {
    const augment = augmentation([randomFlip({ depth: 0.5 }), randomCrop({ size: [2, 3, 4] })], { seed: 5 });
    const [first, again] = [augment(sample, { epoch: 3 }), augment({ ...sample }, { epoch: 3 })];
    expect(again).toEqual(first);
    const seen = new Set(Array.from({ length: 40 }, (_, epoch) => augment(sample, { epoch }).image.join()));
    expect(seen.size).toBeGreaterThan(20);
  });

  it('cuts boxes out of image and mask alike', () => {
    for (let epoch = 0; epoch < 20; epoch++) {
      const box = augmentation([randomCrop({ size: [2, 3, 4] })])(sample, { epoch });
      expect([box.depth, box.height, box.width, box.mask.length]).toEqual([2, 3, 4, 24]);
      const first = Math.round(box.image[0]! * 192);
      const [z0, y0, x0] = [Math.floor(first / 48), Math.floor(first / 8) % 6, first % 8];
      for (let i = 0; i < 24; i++) {
        const from = ((z0 + Math.floor(i / 12)) * 6 + y0 + (Math.floor(i / 4) % 3)) * 8 + x0 + (i % 4);
        expect([box.image[i], box.mask[i]]).toEqual([sample.image[from], sample.mask[from]]);
      }
    }
  });

  it('crops about a class, and keeps all slices if no depth is said', () => {
    const corner = { ...sample, mask: new Uint8Array(192) };
    corner.mask[191] = 1;
    const crop = randomCrop({ size: [1, 1, 1], focus: { classes: [1] } });
    for (let epoch = 0; epoch < 5; epoch++) {
      expect([...augmentation([crop])(corner, { epoch }).mask]).toEqual([1]);
    }
    const flat = augmentation([randomCrop({ size: [2, 2] })])(sample, { epoch: 1 });
    expect([flat.depth, flat.height, flat.width]).toEqual([4, 2, 2]);
    expect(new Set(slices(flat).map(({ image }) => Math.round((image[0]! * 192) % 48))).size).toBe(1);
  });

  it('pads and cuts to one size', () => {
    const { depth, mask, image } = augmentation([centerCropOrPad([6, 6, 8])])(sample, { epoch: 0 });
    expect(depth).toBe(6);
    expect([...mask.slice(0, 48), ...mask.slice(-48)].every((label) => label === 255)).toBe(true);
    expect(image.slice(48, -48)).toEqual(sample.image);
  });

  it.each<[string, Transform]>([
    ['randomRotate90', randomRotate90()],
    ['randomAffine', randomAffine({ rotate: 30, scale: [0.8, 1.2], translate: 0.1 })],
    ['elastic', elastic()],
    ['gaussianBlur', gaussianBlur()],
  ])('moves all slices alike: %s', (_, transform) => {
    for (let epoch = 0; epoch < 5; epoch++) {
      const augment = augmentation([transform], { seed: 2 });
      const whole = augment(sample, { epoch });
      const alone = slices(sample).map((slice) => augment({ ...slice, id: 'v' }, { epoch })); // the same id draws the same
      slices(whole).forEach((slice, z) => {
        expect(slice.mask).toEqual(alone[z]!.mask);
        slice.image.forEach((value, i) => expect(value).toBeCloseTo(alone[z]!.image[i]!, 6));
      });
    }
  });

  it('interpolates between slices', () => {
    const half: Transform = {
      name: 'half',
      warp: ({ depth, height, width }) => ({
        depth: depth! - 1,
        height,
        width,
        toSource: (p) => void (p.z += 0.5),
      }),
    };
    const { image } = augmentation([half])(sample, { epoch: 0 });
    image.forEach((value, i) => expect(value).toBeCloseTo((sample.image[i]! + sample.image[i + 48]!) / 2, 6));
  });

  it('does what two steps do at once', () => {
    const steps = [randomFlip({ horizontal: 0, depth: 1 }), centerCropOrPad([2, 6, 8])];
    const once = augmentation(steps)(sample, { epoch: 0 });
    expect(images(once)).toEqual(images(sample).reverse().slice(1, 3));
    expect(once.spacing).toBeUndefined();
  });

  it('refuses a depth for images, and volumes where images are meant', () => {
    const image = sliceOf(sample, { index: 0 });
    const on = (transform: Transform) => () => augmentation([transform])(image, { epoch: 0 });
    expect(on(randomFlip({ depth: 0.5 }))).toThrow(
      'randomFlip: wanted volumes, because a depth is set, got an image',
    );
    expect(on(randomCrop({ size: [1, 2, 2] }))).toThrow('randomCrop: wanted volumes');
    expect(on(centerCropOrPad([1, 2, 2]))).toThrow('centerCropOrPad: wanted volumes');
    expect(() => randomCrop({ size: [1, 2, 3, 4] as never })).toThrow(
      '[height, width] or [depth, height, width]',
    );
    expect(() => resizeSample(sample, 2, 2)).toThrow('resizeSample: wanted an image, got the volume v');
    expect(resizeSample(image, 3, 2).spacing).toEqual([2, 4]);
  });
});

describe('multilabel samples', () => {
  // Label 0 is the left half, label 1 the upper half.
  const mask = Uint8Array.from({ length: 2 * 64 }, (_, i) =>
    (i % 2 === 0 ? (i >> 1) % 8 : i >> 4) < 4 ? 1 : 0,
  );
  const image = { id: 'm', width: 8, height: 8, channels: 1, image: new Float32Array(64) };
  const sample = { ...image, mask, labels: 2 };
  const of = ({ mask: all, labels = 1 }: Sample, k: number) => all.filter((_, i) => i % labels === k);

  it('move with their image, each label as a mask of its own', () => {
    const steps = [
      randomFlip({ horizontal: 1 }),
      randomAffine({ rotate: [20, 20] }),
      randomCrop({ size: [5, 6] }),
    ];
    const moved = augmentation(steps)(sample, { epoch: 2 });
    expect([moved.labels, moved.mask.length]).toEqual([2, 60]);
    for (const k of [0, 1]) {
      const alone = augmentation(steps)({ ...image, mask: of(sample, k) }, { epoch: 2 });
      expect(of(moved, k)).toEqual(alone.mask);
    }
  });

  it('are cropped about a label, resized and counted', () => {
    const only = { ...sample, mask: mask.map((_, i) => (i === 2 * 37 + 1 ? 1 : 0)) };
    const crop = augmentation([randomCrop({ size: [1, 1], focus: { classes: [1] } })]);
    expect([...crop(only, { epoch: 0 }).mask]).toEqual([0, 1]);
    const small = resizeSample(sample, 4, 4);
    expect([small.labels, ...small.mask.slice(0, 8)]).toEqual([2, 1, 1, 1, 1, 0, 1, 0, 1]);
    expect(classProportions([sample, small], 2)).toEqual([0.5, 0.5]);
  });
});
