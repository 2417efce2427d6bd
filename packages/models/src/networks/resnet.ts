import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { batchNormalization, batchNormalizationRelu } from '../layers/batch-normalization.js';
import { convolution } from '../layers/convolution.js';

/** A ResNet of torchvision: how many blocks each of its four layers has, and of which kind. */
interface Architecture {
  readonly blocks: readonly [number, number, number, number];
  readonly bottleneck: boolean;
}

/** The encoders by name. */
export const RESNETS = {
  resnet18: { blocks: [2, 2, 2, 2], bottleneck: false },
  resnet34: { blocks: [3, 4, 6, 3], bottleneck: false },
  resnet50: { blocks: [3, 4, 6, 3], bottleneck: true },
  resnet101: { blocks: [3, 4, 23, 3], bottleneck: true },
} as const satisfies Record<string, Architecture>;

export type ResnetName = keyof typeof RESNETS;

/** Arguments of every batch normalization of a network. */
export interface NormArguments {
  readonly epsilon: number;
  readonly momentum: number;
}

/** PyTorch's epsilon. */
export const EPSILON = 1e-5;

/** Before the names that torchvision gives to the layers of a ResNet. */
export const ENCODER = 'encoder.';

interface ResnetArguments {
  readonly name: ResnetName;
  /** Filters of the first convolution; 64 in torchvision. */
  readonly width: number;
  readonly norm: NormArguments;
  /** 16: the last layer has dilated 3 x 3 convolutions and no stride, and its features are at 1/16. Default 32. */
  readonly outputStride?: 16 | 32;
}

/**
 * The features of a ResNet without its head, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size, each layer under torchvision's name
 * behind `encoder.`.
 *
 * @see He et al., "Deep Residual Learning", CVPR 2016, arXiv:1512.03385, table 1; the stride of a bottleneck is that of its 3 x 3
 * convolution, as in torchvision.
 */
export function resnet(
  image: SymbolicTensor,
  { name, width, norm, outputStride = 32 }: ResnetArguments,
): SymbolicTensor[] {
  const { blocks, bottleneck } = RESNETS[name];
  const block = bottleneck ? bottleneckBlock : basicBlock;
  const first = convolve(image, { name: `${ENCODER}conv1`, filters: width, kernelSize: 7, strides: 2 });
  const features = [normalizedRelu(first, `${ENCODER}bn1`, norm)];
  // Zeros, where torch pads with -∞: the same, as nothing is negative behind a ReLU.
  let x = layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(padded(features[0]!, 1)) as SymbolicTensor;
  blocks.forEach((count, layer) => {
    const dilation = outputStride === 16 && layer === 3 ? 2 : 1;
    for (let i = 0; i < count; i++) {
      const strides = layer > 0 && i === 0 && dilation === 1 ? 2 : 1;
      const names = `${ENCODER}layer${layer + 1}.${i}`;
      x = block(x, { name: names, filters: width * 2 ** layer, strides, dilation, norm });
    }
    features.push(x);
  });
  return features;
}

/** A 3 x 3 convolution without bias, batch normalization and ReLU, under the given names. */
export function convolutionNormRelu(
  x: SymbolicTensor,
  filters: number,
  names: { convolution: string; norm: string },
  norm: NormArguments,
): SymbolicTensor {
  return normalizedRelu(convolve(x, { name: names.convolution, filters, kernelSize: 3 }), names.norm, norm);
}

interface Block {
  readonly name: string;
  readonly filters: number;
  readonly strides: number;
  /** Of the 3 x 3 convolutions. */
  readonly dilation: number;
  readonly norm: NormArguments;
}

function basicBlock(x: SymbolicTensor, { name, filters, strides, dilation, norm }: Block): SymbolicTensor {
  const first = convolve(x, { name: `${name}.conv1`, filters, kernelSize: 3, strides, dilation });
  const inner = normalizedRelu(first, `${name}.bn1`, norm);
  const second = convolve(inner, { name: `${name}.conv2`, filters, kernelSize: 3, dilation });
  return residual(x, normalized(second, `${name}.bn2`, norm), { name, strides, norm });
}

function bottleneckBlock(
  x: SymbolicTensor,
  { name, filters, strides, dilation, norm }: Block,
): SymbolicTensor {
  const first = convolve(x, { name: `${name}.conv1`, filters, kernelSize: 1 });
  const narrow = normalizedRelu(first, `${name}.bn1`, norm);
  const second = convolve(narrow, { name: `${name}.conv2`, filters, kernelSize: 3, strides, dilation });
  const inner = normalizedRelu(second, `${name}.bn2`, norm);
  const third = convolve(inner, { name: `${name}.conv3`, filters: 4 * filters, kernelSize: 1 });
  return residual(x, normalized(third, `${name}.bn3`, norm), { name, strides, norm });
}

/** relu(x + change), x brought to the shape of the change where it has another. */
function residual(
  x: SymbolicTensor,
  change: SymbolicTensor,
  { name, strides, norm }: Omit<Block, 'filters' | 'dilation'>,
): SymbolicTensor {
  const filters = change.shape[3]!;
  if (strides !== 1 || x.shape[3] !== filters) {
    const brought = convolve(x, { name: `${name}.downsample.0`, filters, kernelSize: 1, strides });
    x = normalized(brought, `${name}.downsample.1`, norm);
  }
  const sum = layers.add().apply([change, x]) as SymbolicTensor;
  return layers.reLU().apply(sum) as SymbolicTensor;
}

interface Convolution {
  name: string;
  filters: number;
  kernelSize: 1 | 3 | 7;
  strides?: number;
  dilation?: number;
}

/** Padded by half the kernel on every side: `same` pads less on one side where the stride is 2. */
function convolve(
  x: SymbolicTensor,
  { kernelSize, strides = 1, dilation = 1, ...rest }: Convolution,
): SymbolicTensor {
  const half = (kernelSize - 1) / 2;
  const even = strides === 1 || half === 0;
  const args = { ...rest, kernelSize, strides, dilationRate: dilation, kernelInitializer: 'zeros' as const };
  const layer = convolution({ ...args, padding: even ? 'same' : 'valid' });
  return layer.apply(even ? x : padded(x, half)) as SymbolicTensor;
}

function padded(x: SymbolicTensor, pixels: number): SymbolicTensor {
  return layers.zeroPadding2d({ padding: pixels }).apply(x) as SymbolicTensor;
}

function normalized(x: SymbolicTensor, name: string, norm: NormArguments): SymbolicTensor {
  return batchNormalization(x, { ...norm, name });
}

function normalizedRelu(x: SymbolicTensor, name: string, norm: NormArguments): SymbolicTensor {
  return batchNormalizationRelu(x, { ...norm, name });
}
