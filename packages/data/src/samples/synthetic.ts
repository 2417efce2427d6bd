import { checkKeys } from '@segloss/common';
import { randomStream, type RandomStream } from './random.js';
import { type Sample, type SampleSource, type SegmentationDataset } from './sample.js';

/** Options of {@link syntheticDataset}. */
export interface SyntheticOptions {
  /** Height and width in pixels, at least 8. */
  size: number;
  /** Number of training images. */
  train: number;
  /** Number of validation images. */
  val: number;
  /** Every image follows from the seed and its number. */
  seed: number;
  /**
   * Mean share of all foreground classes in an image, 0 to 0.5; single images vary from a quarter of it to twice. With a list
   * each image draws one of them.
   */
  proportion: number | readonly number[];
  /** Width in pixels of the ramp from lesion to surroundings, above 0; wide ramps leave the outline uncertain. */
  blur: number;
  /** How far lesions are brighter than their surroundings, in gray levels from 0 to 1. */
  contrast: number;
  /** Standard deviation of the noise of single pixels, in gray levels. */
  noise: number;
  /** Names of the classes, background first; each further class has its own shade. */
  classes: readonly string[];
  /** 1 (gray) or 3 (tinted). */
  channels: 1 | 3;
}

const DEFAULTS: SyntheticOptions = {
  size: 64,
  train: 48,
  val: 24,
  seed: 1,
  proportion: 0.04,
  blur: 1,
  contrast: 0.3,
  noise: 0.12,
  classes: ['background', 'lesion'],
  channels: 1,
};

/**
 * A seeded data set of lesion-like blobs with irregular outlines on a textured background, with brighter patches that
 * are no lesions. The same options give the same bytes on every machine: only additions, multiplications, divisions
 * and square roots are used, which IEEE 754 fixes.
 *
 * @param options See {@link SyntheticOptions}; defaults: 48 + 24 gray images of 64 x 64, 4 % lesion, blur 1, contrast 0.3, noise 0.12.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If one is out of range.
 *
 * @example
 * ```ts
 * const { train, classes } = syntheticDataset({ size: 16, train: 2, val: 1, seed: 3 });
 * classes; // → ["background", "lesion"]
 * const { image, mask } = await train[0].load();
 * [image.length, mask.length]; // → [256, 256]
 * ```
 */
export function syntheticDataset(options: Partial<SyntheticOptions> = {}): SegmentationDataset {
  const all = checked(options);
  const part = (name: string, count: number): SampleSource[] =>
    Array.from({ length: count }, (_, i) => {
      const id = `${name}-${String(i).padStart(3, '0')}`;
      return { id, load: async () => drawSample(id, all) };
    });
  const { size, train, val, proportion, blur, contrast, noise, seed, classes, channels } = all;
  return {
    name: 'synthetic lesions',
    classes,
    channels,
    background: 0,
    train: part('train', train),
    val: part('val', val),
    description:
      `${train} + ${val} generated images of ${size} x ${size}, mean foreground ${percentages(proportion)}, ` +
      `${blur === 1 ? '' : `blur ${blur} px, `}contrast ${contrast}, noise ${noise}, seed ${seed}`,
    labelRule: `${classes.length} classes, drawn`,
    warnings: [],
    faults: [],
  };
}

/**
 * The benchmark's embedded data set: 64 + 32 gray images of 64 x 64, about 3 % lesion, low contrast.
 *
 * @example
 * ```ts
 * demoDataset().train.length; // → 64
 * ```
 */
export function demoDataset(): SegmentationDataset {
  return syntheticDataset({
    size: 64,
    train: 64,
    val: 32,
    seed: 2021,
    proportion: 0.03,
    contrast: 0.25,
    noise: 0.12,
  });
}

function checked(given: Partial<SyntheticOptions>): SyntheticOptions {
  checkKeys('syntheticDataset', given, Object.keys(DEFAULTS));
  const options = { ...DEFAULTS, ...given };
  const range = (key: keyof SyntheticOptions, least: number, most: number, integer = false) => {
    const values = [options[key]].flat();
    const wrong = (value: unknown) =>
      !((value as number) >= least && (value as number) <= most) || (integer && !Number.isInteger(value));
    if (values.length === 0 || values.some(wrong)) {
      const kind = integer ? 'an integer' : 'a number';
      throw new RangeError(
        `syntheticDataset: wanted ${key} to be ${kind} from ${least} to ${most}, got ${String(options[key])}`,
      );
    }
  };
  range('size', 8, 4096, true);
  range('train', 0, 1e6, true);
  range('val', 0, 1e6, true);
  range('proportion', 0, 0.5);
  range('blur', 0.01, 1024);
  range('contrast', 0, 1);
  range('noise', 0, 1);
  if (options.channels !== 1 && options.channels !== 3) {
    throw new RangeError(`syntheticDataset: wanted 1 or 3 channels, got ${String(options.channels)}`);
  }
  if (options.classes.length < 2 || options.classes.length > 200) {
    throw new RangeError(
      `syntheticDataset: wanted 2 to 200 classes, background first, got ${options.classes.length}`,
    );
  }
  return options;
}

function drawSample(id: string, options: SyntheticOptions): Sample {
  const { size, channels, contrast, noise, classes, blur } = options;
  const random = randomStream(options.seed).fork(id);
  const mask = new Uint8Array(size * size);
  const shade = new Float64Array(size * size); // 0 to 1: how much lesion is seen, blurred at the border

  const share = drawn(options.proportion, random) * (0.25 + 1.75 * random.uniform() * random.uniform() * 2);
  const foreground = classes.length - 1;
  const lesions = 1 + random.integer(3) + foreground - 1;
  const weights = Array.from({ length: lesions }, () => 0.3 + random.uniform());
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, i) => {
    const area = (share * size * size * weight) / total;
    const label = 1 + ((i + random.integer(foreground)) % foreground);
    paintBlob(random, { size, area, blur }, (pixel, depth) => {
      if (depth > 0) mask[pixel] = label;
      const seen = Math.min(1, Math.max(0, 0.5 + depth / blur));
      shade[pixel] = Math.max(shade[pixel]!, seen * (0.55 + (0.45 * label) / foreground));
    });
  });
  // Patches as bright as lesions but without an outline keep brightness alone from telling them.
  const patches = smoothField(random.fork('patches'), size, 6);
  const texture = smoothField(random.fork('texture'), size, 16);

  const image = new Float32Array(size * size * channels);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const light =
      0.35 + 0.22 * (patches[pixel]! - 0.5) + 0.18 * (texture[pixel]! - 0.5) + contrast * shade[pixel]!;
    for (let channel = 0; channel < channels; channel++) {
      const tint = channel === 0 ? 1 : 0.85 - 0.2 * channel * shade[pixel]!;
      const value = light * tint + noise * random.normal();
      image[pixel * channels + channel] = Math.min(1, Math.max(0, value));
    }
  }
  return { id, width: size, height: size, channels, image, mask };
}

/** One of the proportions; draws nothing where there is only one. */
function drawn(proportion: number | readonly number[], random: RandomStream): number {
  return typeof proportion === 'number' ? proportion : proportion[random.integer(proportion.length)]!;
}

function percentages(proportion: number | readonly number[]): string {
  return (
    [proportion]
      .flat()
      .map((share) => `${100 * share}`)
      .join(', ') + ' %'
  );
}

/** Calls `paint` with the depth in pixels below the outline (negative: outside) of an irregular blob of that area. */
function paintBlob(
  random: RandomStream,
  { size, area, blur }: { size: number; area: number; blur: number },
  paint: (pixel: number, depth: number) => void,
): void {
  const radius = Math.sqrt(area / Math.PI);
  const margin = Math.min(radius, size / 3);
  const place = () => margin + random.uniform() * (size - 1 - 2 * margin);
  const [cx, cy] = [place(), place()];
  const stretch = 0.7 + 0.6 * random.uniform();
  const wobble = smoothField(random.fork(`outline-${cx}`), size, Math.max(4, Math.ceil(size / (radius + 1))));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [dx, dy] = [(x - cx) * stretch, (y - cy) / stretch];
      const distance = Math.sqrt(dx * dx + dy * dy);
      if (distance > 2 * radius + 2 + blur) continue;
      const reach = radius * (0.7 + 0.6 * wobble[y * size + x]!);
      paint(y * size + x, reach - distance);
    }
  }
}

/** A smooth random field from 0 to 1, `size * size`: random values on a grid of `cells` cells, interpolated. */
function smoothField(random: RandomStream, size: number, cells: number): Float64Array {
  const side = cells + 2;
  const grid = Array.from({ length: side * side }, () => random.uniform());
  const field = new Float64Array(size * size);
  for (let y = 0; y < size; y++) {
    const [row, fy] = position(y, size, cells);
    for (let x = 0; x < size; x++) {
      const [column, fx] = position(x, size, cells);
      const at = row * side + column;
      const top = grid[at]! * (1 - fx) + grid[at + 1]! * fx;
      const bottom = grid[at + side]! * (1 - fx) + grid[at + side + 1]! * fx;
      field[y * size + x] = top * (1 - fy) + bottom * fy;
    }
  }
  return field;
}

/** Cell and smoothed offset 3t² - 2t³ within it. */
function position(x: number, size: number, cells: number): [number, number] {
  const scaled = (x * cells) / size;
  const cell = Math.floor(scaled);
  const t = scaled - cell;
  return [cell, t * t * (3 - 2 * t)];
}
