import { serialization } from '@tensorflow/tfjs-core';

import { HardSigmoid, HardSwish, SiLU } from './activations.js';
import { BilinearUpSampling2D } from './bilinear-up-sampling.js';
import { DilatedDepthwiseConv2D } from './dilated-depthwise.js';
import { SeededDropout } from './dropout.js';
import { GroupNormalization } from './group-normalization.js';

/** Lets tf.loadLayersModel find our layers by the names in a `model.json`. */
export function registerLayers(): void {
  for (const layer of [
    BilinearUpSampling2D,
    DilatedDepthwiseConv2D,
    GroupNormalization,
    HardSigmoid,
    HardSwish,
    SeededDropout,
    SiLU,
  ]) {
    serialization.registerClass(layer as unknown as Parameters<typeof serialization.registerClass>[0]);
  }
}
