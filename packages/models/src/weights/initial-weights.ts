import { randomStream } from '@segloss/data/samples';
import { tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { ENCODER } from '../networks/resnet.js';
import { partsOf, torchName, type Weight } from './weight-names.js';

/** Prefix of the name of the last convolution of a network. */
export const HEAD = 'segmentation_head.';

/**
 * Draws the filters of a ResNet, its decoder and its head, each from the seed and its own name alone: uniformly, with the variances of
 * torchvision (which draws normal numbers) and segmentation_models.pytorch.
 *
 * @param skip True for weights that are loaded from a file.
 * @see He et al., "Delving Deep into Rectifiers", ICCV 2015, arXiv:1502.01852, eq. 10 and 14; of the head: Glorot & Bengio,
 * AISTATS 2010, eq. 16.
 */
export function drawWeights(model: LayersModel, seed: number, skip: (weight: Weight) => boolean): void {
  for (const weight of model.weights) {
    if (!partsOf(weight).kind.endsWith('kernel') || skip(weight)) continue;
    const random = randomStream(seed).fork(torchName(weight));
    const limit = Math.sqrt(3 * varianceOf(weight));
    const values = new Float32Array((weight.shape as number[]).reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
    write(weight, values);
  }
}

function varianceOf(weight: Weight): number {
  const { layer, kind } = partsOf(weight);
  const [height, width, channels, filters] = weight.shape as [number, number, number, number];
  if (kind === 'depthwise_kernel') return 2 / (height * width * channels); // as torch counts its outputs
  const [fanIn, fanOut] = [height * width * channels, height * width * filters];
  if (layer.startsWith(ENCODER)) return 2 / fanOut;
  return layer.startsWith(HEAD) ? 2 / (fanIn + fanOut) : 2 / fanIn;
}

/** Writes the values of a weight, in row-major order. */
export function write(weight: Weight, values: Float32Array): void {
  const value = tensor(values, weight.shape as number[], 'float32');
  weight.write(value);
  value.dispose();
}
