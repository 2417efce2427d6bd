import { randomStream } from '@segloss/data';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { ENCODER } from './resnet.js';
import { partsOf, torchName, type Weight } from './weight-names.js';

/** Before the name of the last convolution of a network. */
export const HEAD = 'segmentation_head.';

/**
 * Draws the filters of a ResNet, its decoder and its head, which were made as zeros, with the distributions of torchvision and
 * segmentation_models.pytorch. Each follows from the seed and its name alone.
 *
 * @param skip True for weights that come from elsewhere.
 * @see He et al., "Delving Deep into Rectifiers", ICCV 2015, arXiv:1502.01852, eq. 10 and 14; of the head: Glorot & Bengio,
 * AISTATS 2010, eq. 16.
 */
export function drawWeights(model: LayersModel, seed: number, skip: (weight: Weight) => boolean): void {
  for (const weight of model.weights) {
    const { layer, kind } = partsOf(weight);
    if (kind !== 'kernel' || skip(weight)) continue;
    const [height, width, channels, filters] = weight.shape as [number, number, number, number];
    const [fanIn, fanOut] = [height * width * channels, height * width * filters];
    const random = randomStream(seed).fork(torchName(weight));
    const uniform = (variance: number) => {
      const limit = Math.sqrt(3 * variance);
      return () => limit * (2 * random.uniform() - 1);
    };
    const normal = (variance: number) => {
      const deviation = Math.sqrt(variance);
      return () => deviation * random.normal();
    };
    if (layer.startsWith(ENCODER)) fill(weight, normal(2 / fanOut));
    else if (layer.startsWith(HEAD)) fill(weight, uniform(2 / (fanIn + fanOut)));
    else fill(weight, uniform(2 / fanIn));
  }
}

function fill(weight: Weight, draw: () => number): void {
  const values = new Float32Array(weight.shape.reduce<number>((product, size) => product * size!, 1));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  write(weight, values);
}

/** Gives a weight of a model its values, in the order of its shape. */
export function write(weight: Weight, values: Float32Array): void {
  const value: Tensor = tensor(values, weight.shape as number[], 'float32');
  weight.write(value);
  value.dispose();
}
