import { type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { convolved, depthwise, residual, squeezeExcitation } from './mobile-blocks.js';
import { type NormArguments } from './resnet.js';

/** Expansion, kernel, stride, channels and blocks of each stage: table 1 of the paper. */
const STAGES = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

/** Filters of the first convolution. */
const FIRST = 32;

/** Numbers of the layers whose outputs are features; without the last 1 x 1 convolution of the classifier. */
const FEATURES = [0, 2, 3, 5, 7];

/**
 * The features of an EfficientNet-B0 without its head, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size, each layer under torchvision's name
 * behind `encoder.`. No block is left out at random in training (stochastic depth).
 *
 * @param width Filters of the first convolution; 32 in torchvision. All others change in proportion.
 * @see Tan & Le, "EfficientNet", ICML 2019, arXiv:1905.11946, table 1.
 */
export function efficientnetB0(image: SymbolicTensor, width: number, norm: NormArguments): SymbolicTensor[] {
  const scaled = (channels: number) => Math.max(1, Math.round((channels * width) / FIRST));
  const shared = { norm, activation: 'silu' } as const;
  let x = convolved(image, { ...shared, name: 'features.0', filters: width, kernelSize: 3, strides: 2 });
  const outputs = [x];
  STAGES.forEach(([expansion, kernelSize, stride, channels, blocks], stage) => {
    for (let i = 0; i < blocks; i++) {
      let step = 0;
      const next = () => `features.${stage + 1}.${i}.block.${step++}`;
      const narrow = x.shape[3]!;
      let y = x;
      if (expansion > 1) {
        y = convolved(y, { ...shared, name: next(), filters: narrow * expansion, kernelSize: 1 });
      }
      y = depthwise(y, { ...shared, name: next(), kernelSize, strides: i === 0 ? stride : 1 });
      const filters = Math.max(1, Math.floor(narrow / 4));
      y = squeezeExcitation(y, { name: next(), filters, activation: 'silu', gate: 'sigmoid' });
      y = convolved(y, {
        norm,
        activation: 'linear',
        name: next(),
        filters: scaled(channels),
        kernelSize: 1,
      });
      x = residual(x, y);
    }
    outputs.push(x);
  });
  return FEATURES.map((i) => outputs[i]!);
}
