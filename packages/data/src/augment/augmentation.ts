import { randomStream, type RandomStream } from '../samples/random.js';
import { classProportions } from '../samples/transforms.js';
import { type Sample } from '../samples/sample.js';
import { chain, resample } from './resample.js';
import { type Beyond, type Transform, type Warp } from './types.js';

/** Changes a sample; the same sample in the same epoch always in the same way. */
export type Augmentation = (sample: Sample, options: { epoch: number }) => Sample;

/**
 * Makes a function that changes image and mask together. What it draws depends on the seed, the epoch and the id of the
 * sample alone: on how many workers the samples are spread, and in which order, makes no difference.
 *
 * Geometric transforms that follow each other are one resampling of the pixels, so that images are not blurred by
 * interpolating again and again; the image is interpolated bilinearly (trilinearly in volumes), the mask takes the nearest
 * pixel. The slices of a volume move alike, but for `randomFlip({ depth })` and crops of three sides. What was moved has
 * no `spacing` any more.
 *
 * @param transforms In the order in which they are done.
 * @param options `seed`: default 0. `beyond`: what is seen beyond the edges; default black and the label 255 (ignored).
 * @throws {TypeError} If something is no transform.
 *
 * @example
 * ```ts
 * const augment = augmentation([randomFlip(), randomAffine({ rotate: 15, scale: [0.9, 1.1] }), sometimes(0.5, randomGamma())], { seed: 1 });
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16), mask: new Uint8Array(16) };
 * const [first, again, next] = [0, 0, 1].map((epoch) => augment(sample, { epoch }));
 * first.mask.every((label, i) => label === again.mask[i]); // → true
 * next.width; // → 4
 * ```
 */
export function augmentation(
  transforms: readonly Transform[],
  { seed = 0, beyond = {} }: { seed?: number | string; beyond?: Beyond } = {},
): Augmentation {
  transforms.forEach(checkTransform);
  const stream = randomStream(seed).fork('augmentation');
  return (sample, { epoch }) => apply(transforms, sample, stream.fork(epoch).fork(sample.id), beyond);
}

function apply(transforms: readonly Transform[], from: Sample, random: RandomStream, beyond: Beyond): Sample {
  let sample = from;
  let pending: Warp | undefined;
  const settle = () => {
    if (pending) sample = resample(sample, pending, beyond);
    pending = undefined;
    return sample;
  };
  // An image that was made here and that only transforms with `imageInto` have seen is changed in place.
  let own: Float32Array | undefined;
  const shown = () => {
    const seen = settle();
    own = undefined;
    return seen;
  };
  // Every transform has a stream of its own: adding one changes nothing of the others.
  const run = (steps: readonly Transform[], streams: RandomStream): void =>
    steps.forEach((transform, i) => {
      const stream = streams.fork(`${i}-${transform.name}`);
      if ('choose' in transform) {
        run(transform.choose(stream), stream.fork('chosen'));
      } else if ('warp' in transform) {
        const { height, width } = pending ?? sample;
        const depth = pending?.depth ?? sample.depth;
        const warp = transform.warp({ depth, height, width }, stream, shown);
        if (warp) pending = chain(pending, warp);
      } else {
        if (pending) own = settle().image;
        if (own && transform.imageInto) {
          transform.imageInto(sample, stream, own);
        } else {
          sample = { ...sample, image: transform.image(sample, stream) };
          own = transform.imageInto && sample.image;
        }
      }
    });
  run(transforms, random);
  return settle();
}

function checkTransform(transform: Transform, i: number): void {
  const known = ['choose', 'warp', 'image'].some(
    (key) => typeof (transform as unknown as Record<string, unknown> | undefined)?.[key] === 'function',
  );
  if (!known) {
    throw new TypeError(
      `augmentation: wanted transforms, as randomFlip() makes them, got ${typeof transform} at ${i}; ` +
        'call the function, or give an object with warp, image or choose',
    );
  }
}

/**
 * The class proportions of samples, before and after an augmentation over some epochs: crops about rare classes change
 * what a network is shown, and with it what cross-entropy holds for the true proportions.
 *
 * @returns Proportions of each class among the pixels that are not ignored.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 4, height: 1, channels: 1, image: new Float32Array(4), mask: Uint8Array.of(0, 0, 0, 1) };
 * const zoom = augmentation([randomCrop({ size: [1, 2], focus: { classes: [1] } })]);
 * augmentedProportions([sample], zoom, 2); // → { before: [0.75, 0.25], after: [0.5, 0.5] }
 * ```
 */
export function augmentedProportions(
  samples: readonly Sample[],
  augment: Augmentation,
  numClasses: number,
  { epochs = 1 }: { epochs?: number } = {},
): { before: number[]; after: number[] } {
  const after = Array.from({ length: epochs }, (_, epoch) =>
    samples.map((sample) => augment(sample, { epoch })),
  );
  return {
    before: classProportions(samples, numClasses),
    after: classProportions(after.flat(), numClasses),
  };
}
