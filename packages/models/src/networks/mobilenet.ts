import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { batchNormalization } from '../layers/batch-normalization.js';
import { convolution } from '../layers/convolution.js';
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
  const features: SymbolicTensor[] = [];
  let x = activated(image, { name: 'features.0', filters: width, kernelSize: 3, strides: 2, norm });
  let number = 1;
  for (const [expansion, channels, blocks, stride] of STAGES) {
    for (let i = 0; i < blocks; i++) {
      const name = `features.${number}.conv`;
      x = invertedResidual(x, {
        name,
        expansion,
        filters: scaled(channels),
        strides: i === 0 ? stride : 1,
        norm,
      });
      if (FEATURES.includes(number++)) features.push(x);
    }
  }
  features.push(
    activated(x, { name: `features.${number}`, filters: scaled(LAST), kernelSize: 1, strides: 1, norm }),
  );
  return features;
}

interface Block {
  readonly name: string;
  readonly filters: number;
  readonly strides: number;
  readonly norm: NormArguments;
}

/** Expansion by a 1 x 1 convolution, a 3 x 3 convolution of each channel, and a 1 x 1 convolution without activation. */
function invertedResidual(
  x: SymbolicTensor,
  { name, expansion, filters, strides, norm }: Block & { readonly expansion: number },
): SymbolicTensor {
  const channels = x.shape[3]!;
  let step = 0;
  const next = () => `${name}.${step++}`;
  const wide =
    expansion === 1
      ? x
      : activated(x, { name: next(), filters: channels * expansion, kernelSize: 1, strides: 1, norm });
  const inner = depthwise(wide, { name: next(), strides, norm });
  const narrow = convolution({
    name: `${ENCODER}${next()}`,
    filters,
    kernelSize: 1,
    kernelInitializer: 'zeros',
  });
  const change = normalized(narrow.apply(inner) as SymbolicTensor, next(), norm);
  if (strides !== 1 || channels !== filters) return change;
  return layers.add().apply([x, change]) as SymbolicTensor;
}

/** Convolution, batch normalization and ReLU6. */
function activated(
  x: SymbolicTensor,
  { name, filters, kernelSize, strides, norm }: Block & { readonly kernelSize: 1 | 3 },
): SymbolicTensor {
  const args = {
    name: `${ENCODER}${name}.0`,
    filters,
    kernelSize,
    strides,
    kernelInitializer: 'zeros' as const,
  };
  const layer = convolution({ ...args, padding: strides === 1 ? 'same' : 'valid' });
  return relu6(normalized(layer.apply(strides === 1 ? x : padded(x)) as SymbolicTensor, `${name}.1`, norm));
}

/** A 3 x 3 convolution of each channel, batch normalization and ReLU6. */
function depthwise(x: SymbolicTensor, { name, strides, norm }: Omit<Block, 'filters'>): SymbolicTensor {
  const layer = layers.depthwiseConv2d({
    name: `${ENCODER}${name}.0`,
    kernelSize: 3,
    strides,
    padding: strides === 1 ? 'same' : 'valid',
    useBias: false,
    depthwiseInitializer: 'zeros',
  });
  return relu6(normalized(layer.apply(strides === 1 ? x : padded(x)) as SymbolicTensor, `${name}.1`, norm));
}

/** By one pixel on every side: `same` pads less on one side where the stride is 2. */
function padded(x: SymbolicTensor): SymbolicTensor {
  return layers.zeroPadding2d({ padding: 1 }).apply(x) as SymbolicTensor;
}

function normalized(x: SymbolicTensor, name: string, norm: NormArguments): SymbolicTensor {
  return batchNormalization(x, { ...norm, name: `${ENCODER}${name}` });
}

function relu6(x: SymbolicTensor): SymbolicTensor {
  return layers.reLU({ maxValue: 6 }).apply(x) as SymbolicTensor;
}
