import { type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { convolution } from '../layers/convolution.js';
import { convolved, depthwise, normalized, residual } from './mobile-blocks.js';
import { ENCODER, type NormArguments } from './resnet.js';

/** Expansion, channels, blocks and stride of each stage: table 2 of the paper. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** Filters of the first and of the last convolution. */
const [FIRST, LAST] = [32, 1280];

/** Numbers of the layers whose outputs are features; the last convolution gives the fifth. */
const FEATURES = [1, 3, 6, 13];

/**
 * The features of a MobileNetV2 without its head, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size, each layer under torchvision's name
 * behind `encoder.`.
 *
 * @param width Filters of the first convolution; 32 in torchvision. All others change in proportion.
 * @see Sandler et al., "MobileNetV2", CVPR 2018, arXiv:1801.04381, §3.3 and table 2.
 */
export function mobilenetV2(image: SymbolicTensor, width: number, norm: NormArguments): SymbolicTensor[] {
  const scaled = (channels: number) => Math.max(1, Math.round((channels * width) / FIRST));
  const shared = { norm, activation: 'relu6' } as const;
  const features: SymbolicTensor[] = [];
  let x = convolved(image, { ...shared, name: 'features.0', filters: width, kernelSize: 3, strides: 2 });
  let number = 1;
  for (const [expansion, channels, blocks, stride] of STAGES) {
    for (let i = 0; i < blocks; i++) {
      const name = `features.${number}.conv`;
      x = invertedResidual(x, { name, expansion, filters: scaled(channels), strides: i === 0 ? stride : 1, norm }); // prettier-ignore
      if (FEATURES.includes(number++)) features.push(x);
    }
  }
  features.push(
    convolved(x, { ...shared, name: `features.${number}`, filters: scaled(LAST), kernelSize: 1 }),
  );
  return features;
}

interface Block {
  readonly name: string;
  readonly expansion: number;
  readonly filters: number;
  readonly strides: 1 | 2;
  readonly norm: NormArguments;
}

/** Expansion by a 1 x 1 convolution, a 3 x 3 convolution of each channel, and a 1 x 1 convolution without activation. */
function invertedResidual(
  x: SymbolicTensor,
  { name, expansion, filters, strides, norm }: Block,
): SymbolicTensor {
  const shared = { norm, activation: 'relu6' } as const;
  let step = 0;
  const next = () => `${name}.${step++}`;
  const wide =
    expansion === 1
      ? x
      : convolved(x, { ...shared, name: next(), filters: x.shape[3]! * expansion, kernelSize: 1 });
  const inner = depthwise(wide, { ...shared, name: next(), kernelSize: 3, strides });
  const narrow = convolution({
    name: `${ENCODER}${next()}`, // torchvision names the last pair otherwise
    filters,
    kernelSize: 1,
    kernelInitializer: 'zeros',
  });
  return residual(x, normalized(narrow.apply(inner) as SymbolicTensor, next(), norm, 'linear'));
}
