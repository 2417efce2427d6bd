import { type RandomStream } from '../samples/random.js';
import { type Sample } from '../samples/sample.js';
import { checkRange, draw, type Range } from './ranges.js';
import { clip, raise } from './power.js';
import { type PhotometricTransform } from './types.js';

/** Changes pixels one by one, by what writes the changed ones to `result`, which may be the image itself. */
function ofPixels(
  name: string,
  imageInto: (sample: Sample, random: RandomStream, result: Float32Array) => void,
): PhotometricTransform {
  return {
    name,
    imageInto,
    image(sample, random) {
      const result = new Float32Array(sample.image.length);
      imageInto(sample, random, result);
      return result;
    },
  };
}

/** Changes every value by a function; results are held within 0 to 1. */
function pointwise(
  name: string,
  make: (random: RandomStream, sample: Sample) => (value: number) => number,
): PhotometricTransform {
  return ofPixels(name, (sample, random, result) => {
    const change = make(random, sample);
    const { image } = sample;
    for (let i = 0; i < image.length; i++) result[i] = clip(change(image[i]!));
  });
}

/**
 * Raises the values to a random power.
 *
 * @param range Exponents, above 0: below 1 brightens. Default [0.8, 1.25].
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 1, height: 1, channels: 1, image: Float32Array.of(0.5), mask: new Uint8Array(1) };
 * Array.from(augmentation([randomGamma([2, 2])])(sample, { epoch: 0 }).image); // → [0.25]
 * ```
 */
export function randomGamma(range: readonly [low: number, high: number] = [0.8, 1.25]): PhotometricTransform {
  const exponents = checkRange('randomGamma', 'range', range, [1e-3, 1e3]);
  return ofPixels('randomGamma', ({ image }, random, result) =>
    raise(draw(random, exponents), image, result),
  );
}

/**
 * Adds to the values, and spreads them about their mean.
 *
 * @param options `brightness`: what is added, default from -0.2 to 0.2; `contrast`: by how much the factor differs from 1,
 *   default from -0.2 to 0.2.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: Float32Array.of(0.25, 0.75), mask: new Uint8Array(2) };
 * const sharpen = augmentation([randomBrightnessContrast({ brightness: 0, contrast: [0.5, 0.5] })]);
 * Array.from(sharpen(sample, { epoch: 0 }).image); // → [0.125, 0.875]
 * ```
 */
export function randomBrightnessContrast({
  brightness = 0.2,
  contrast = 0.2,
}: { brightness?: Range; contrast?: Range } = {}): PhotometricTransform {
  const name = 'randomBrightnessContrast';
  const [added, spread] = [
    checkRange(name, 'brightness', brightness),
    checkRange(name, 'contrast', contrast, [-1, 100]),
  ];
  return pointwise(name, (random, { image }) => {
    let sum = 0;
    for (let i = 0; i < image.length; i++) sum += image[i]!;
    const mean = sum / image.length;
    const [plus, factor] = [draw(random, added), 1 + draw(random, spread)];
    return (value) => mean + factor * (value - mean) + plus;
  });
}

/**
 * Turns the hue and changes the saturation of color images, along the axis of gray; gray images are refused.
 *
 * @param options `hue`: degrees, default from -20 to 20; `saturation`: by how much the factor differs from 1, default from
 *   -0.2 to 0.2.
 * @throws {RangeError} If the image has not three channels.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 1, height: 1, channels: 3, image: Float32Array.of(1, 0, 0), mask: new Uint8Array(1) };
 * const toGreen = augmentation([randomHueSaturation({ hue: [120, 120], saturation: 0 })]);
 * Array.from(toGreen(sample, { epoch: 0 }).image, Math.round); // → [0, 1, 0]
 * ```
 */
export function randomHueSaturation({
  hue = 20,
  saturation = 0.2,
}: { hue?: Range; saturation?: Range } = {}): PhotometricTransform {
  const name = 'randomHueSaturation';
  const [degrees, spread] = [
    checkRange(name, 'hue', hue),
    checkRange(name, 'saturation', saturation, [-1, 100]),
  ];
  return ofPixels(name, ({ id, channels, image }, random, result) => {
    if (channels !== 3) {
      throw new RangeError(`${name}: wanted color images with 3 channels, got ${channels} in ${id}; leave it out`);
    }
    const angle = (draw(random, degrees) * Math.PI) / 180;
    const factor = 1 + draw(random, spread);
    // A turn about the gray axis (Rodrigues): what is not gray is turned and scaled.
    const cos = factor * Math.cos(angle);
    const sin = (factor * Math.sin(angle)) / Math.sqrt(3);
    for (let i = 0; i < image.length; i += 3) {
      const [r, g, b] = [image[i]!, image[i + 1]!, image[i + 2]!];
      const gray = (r + g + b) / 3;
      result[i] = clip(gray + cos * (r - gray) + sin * (b - g));
      result[i + 1] = clip(gray + cos * (g - gray) + sin * (r - b));
      result[i + 2] = clip(gray + cos * (b - gray) + sin * (g - r));
    }
  }); // prettier-ignore
}

/**
 * Adds normal noise to every value.
 *
 * @param range Standard deviations, from 0; default [0, 0.05].
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 1, height: 1, channels: 1, image: Float32Array.of(0.5), mask: new Uint8Array(1) };
 * augmentation([gaussianNoise([0.1, 0.1])])(sample, { epoch: 0 }).image[0] !== 0.5; // → true
 * ```
 */
export function gaussianNoise(range: readonly [low: number, high: number] = [0, 0.05]): PhotometricTransform {
  const deviations = checkRange('gaussianNoise', 'range', range, [0, 10]);
  return pointwise('gaussianNoise', (random) => {
    const deviation = draw(random, deviations);
    return (value) => value + deviation * random.normal();
  });
}

/**
 * Blurs the image with a Gaussian; at the edges the last pixels are repeated.
 *
 * @param range Standard deviations in pixels, from 0; default [0.5, 1.5].
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 3, height: 1, channels: 1, image: Float32Array.of(0, 1, 0), mask: new Uint8Array(3) };
 * augmentation([gaussianBlur([1, 1])])(sample, { epoch: 0 }).image[1] < 0.5; // → true
 * ```
 */
export function gaussianBlur(range: readonly [low: number, high: number] = [0.5, 1.5]): PhotometricTransform {
  const deviations = checkRange('gaussianBlur', 'range', range, [0, 100]);
  return {
    name: 'gaussianBlur',
    image({ image, height, width, channels }, random) {
      const weights = gaussian(draw(random, deviations));
      const rows = blurAxis(image, width, channels, weights);
      return blurAxis(rows, height, width * channels, weights);
    },
  };
}

/** Weights of 0, 1, 2, … pixels away; they sum to 1 over both sides. */
function gaussian(deviation: number): number[] {
  const reach = Math.ceil(3 * deviation);
  const raw = Array.from({ length: reach + 1 }, (_, i) =>
    i === 0 ? 1 : Math.exp(-0.5 * (i / deviation) ** 2),
  );
  const total = raw.reduce((sum, weight, i) => sum + (i === 0 ? 1 : 2) * weight, 0);
  return raw.map((weight) => weight / total);
}

function blurAxis(
  values: Float32Array,
  size: number,
  stride: number,
  weights: readonly number[],
): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / stride) % size;
    let sum = weights[0]! * values[i]!;
    for (let step = 1; step < weights.length; step++) {
      const [before, after] = [Math.min(step, at), Math.min(step, size - 1 - at)];
      sum += weights[step]! * (values[i - before * stride]! + values[i + after * stride]!);
    }
    result[i] = sum;
  }
  return result;
}
