import { checkChoice } from '@segloss/common';
import { oneOf, sometimes } from './choices.js';
import {
  centerCropOrPad,
  randomAffine,
  randomCrop,
  randomFlip,
  randomScale,
  scaleLongestSide,
  stretchTo,
} from './geometric/index.js';
import { randomBrightnessContrast, randomHueSaturation } from './photometric.js';
import { type Beyond, type Transform } from './types.js';

/** Names of the recipes. */
export type RecipeName = 'retinal-lesions' | 'cityscapes' | 'polyp';

/** What {@link paperRecipe} gives. */
export interface PaperRecipe {
  readonly train: Transform[];
  readonly val: Transform[];
  readonly beyond: Beyond;
}

/**
 * The augmentations with which the paper's networks were trained, by its published code: `train` for training images,
 * `val` for those to validate, `beyond` for what lies outside of an image. Interpolation is bilinear here and cubic there,
 * and hue turns about the gray axis.
 *
 * @param name The data set.
 * @param size Height and width of the result in pixels; the paper has [512, 512] or [896, 896] for retinal lesions,
 *   [512, 1024] for Cityscapes, whose validation images are twice as large, and [512, 512] for polyps.
 * @throws {RangeError} If there is no such recipe.
 *
 * @example
 * ```ts
 * const { train, beyond } = paperRecipe('polyp', [8, 8]);
 * const sample = { id: 'a', width: 6, height: 4, channels: 3, image: new Float32Array(72), mask: new Uint8Array(24) };
 * augmentation(train, { beyond })(sample, { epoch: 0 }).mask.length; // → 64
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §5, and https://github.com/by-liu/SegLossBias, `data_transform.py`, `polyp_dataset.py`.
 */
export function paperRecipe(name: RecipeName, size: readonly [height: number, width: number]): PaperRecipe {
  checkChoice('paperRecipe', 'name', name, Object.keys(RECIPES) as RecipeName[]);
  return RECIPES[name](size);
}

type Recipe = (size: readonly [number, number]) => PaperRecipe;

const RECIPES: Record<RecipeName, Recipe> = {
  'retinal-lesions': (size) => ({
    train: [
      stretchTo(size),
      oneOf(
        randomAffine({ scale: [0.95, 1.2] }),
        randomAffine({ translate: { x: 0.05 } }),
        randomAffine({ rotate: 45 }),
      ),
      randomFlip({ horizontal: 0.5, vertical: 0.5 }),
    ],
    val: [stretchTo(size)],
    beyond: { label: 0 },
  }),
  cityscapes: (size) => ({
    train: [
      // Seven of ten images at random scales; the others whole.
      { name: 'scaleCropOrStretch', choose: (random) => random.uniform() < 0.3 ? [stretchTo(size)] : [randomScale([0.5, 1.5]), randomCrop({ size })] }, // prettier-ignore
      randomFlip(),
      sometimes(0.5, randomBrightnessContrast({ brightness: 0.3, contrast: 0.3 })),
      sometimes(0.5, randomHueSaturation()),
    ],
    val: [stretchTo([2 * size[0], 2 * size[1]])],
    beyond: {},
  }),
  polyp: (size) => ({
    train: [
      scaleLongestSide(Math.round(1.25 * Math.max(...size))), // 640 for 512
      randomCrop({ size }),
      randomFlip(),
      sometimes(0.5, randomBrightnessContrast()),
    ],
    val: [scaleLongestSide(Math.max(...size)), centerCropOrPad(size)],
    beyond: {},
  }),
};
