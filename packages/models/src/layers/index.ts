export { HardSigmoid, HardSwish, SiLU } from './activations.js';
export { BilinearUpSampling2D, type BilinearUpSampling2DOptions } from './bilinear-up-sampling.js';
export { SeededDropout, setStep, type SeededDropoutOptions } from './dropout.js';
export { GroupNormalization, type GroupNormalizationOptions } from './group-normalization.js';
export { DilatedDepthwiseConv2D, type DilatedDepthwiseConv2DOptions } from './dilated-depthwise.js';
