export { augmentation, augmentedProportions, type Augmentation } from './augmentation.js';
export { oneOf, sometimes } from './choices.js';
export {
  centerCropOrPad,
  elastic,
  gridDistortion,
  randomAffine,
  randomCrop,
  randomFlip,
  randomRotate90,
  randomScale,
  scaleLongestSide,
  stretchTo,
  type DistortionOptions,
  type RandomAffineOptions,
  type RandomCropOptions,
} from './geometric/index.js';
export {
  gaussianBlur,
  gaussianNoise,
  randomBrightnessContrast,
  randomGamma,
  randomHueSaturation,
} from './photometric.js';
export { type Range, type Sides } from './ranges.js';
export { paperRecipe, type PaperRecipe, type RecipeName } from './recipes.js';
export {
  type Beyond,
  type ChoiceTransform,
  type GeometricTransform,
  type PhotometricTransform,
  type Point,
  type RowOfPoints,
  type Size,
  type Transform,
  type Warp,
} from './types.js';
