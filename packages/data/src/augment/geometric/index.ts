export { randomAffine, type RandomAffineOptions } from './affine.js';
export { centerCropOrPad, randomCrop, type RandomCropOptions } from './crop.js';
export { elastic, gridDistortion, type DistortionOptions } from './distortion.js';
export { randomFlip, randomRotate90 } from './flip.js';
export { randomScale, scaleLongestSide, stretchTo } from './scale.js';
