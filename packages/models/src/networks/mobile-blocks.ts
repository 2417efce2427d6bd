import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { HardSigmoid, HardSwish, SiLU } from '../layers/activations.js';
import { batchNormalization, batchNormalizationRelu } from '../layers/batch-normalization.js';
import { convolution } from '../layers/convolution.js';
import { ENCODER, type NormArguments } from './resnet.js';

/** Activations of MobileNets and EfficientNets. */
export type Activation = 'relu' | 'relu6' | 'hardSwish' | 'silu' | 'linear';

/** A convolution with batch normalization and activation, under `NAME.0` and `NAME.1`. */
interface Block {
  /** Without `encoder.`. */
  readonly name: string;
  readonly kernelSize: 1 | 3 | 5;
  readonly strides?: 1 | 2;
  readonly norm: NormArguments;
  readonly activation: Activation;
}

/** A convolution over all channels. */
export function convolved(
  x: SymbolicTensor,
  { name, kernelSize, strides = 1, norm, activation, filters }: Block & { readonly filters: number },
): SymbolicTensor {
  const layer = convolution({
    ...{ name: `${ENCODER}${name}.0`, filters, kernelSize, strides },
    padding: strides === 1 ? 'same' : 'valid',
    kernelInitializer: 'zeros',
  });
  const convolvedX = layer.apply(strides === 1 ? x : padded(x, kernelSize)) as SymbolicTensor;
  return normalized(convolvedX, `${name}.1`, norm, activation);
}

/** A convolution of each channel. */
export function depthwise(
  x: SymbolicTensor,
  { name, kernelSize, strides = 1, norm, activation }: Block,
): SymbolicTensor {
  const layer = layers.depthwiseConv2d({
    ...{ name: `${ENCODER}${name}.0`, kernelSize, strides, useBias: false },
    padding: strides === 1 ? 'same' : 'valid',
    depthwiseInitializer: 'zeros',
  });
  const convolvedX = layer.apply(strides === 1 ? x : padded(x, kernelSize)) as SymbolicTensor;
  return normalized(convolvedX, `${name}.1`, norm, activation);
}

/** Batch normalization and activation. */
export function normalized(
  x: SymbolicTensor,
  name: string,
  norm: NormArguments,
  activation: Activation,
): SymbolicTensor {
  const args = { ...norm, name: `${ENCODER}${name}` };
  if (activation === 'relu') return batchNormalizationRelu(x, args);
  const inner = batchNormalization(x, args);
  return activation === 'linear' ? inner : (ACTIVATIONS[activation]().apply(inner) as SymbolicTensor);
}

const ACTIVATIONS = {
  relu: () => layers.reLU(),
  relu6: () => layers.reLU({ maxValue: 6 }),
  hardSwish: () => new HardSwish(),
  silu: () => new SiLU(),
  hardSigmoid: () => new HardSigmoid(),
  sigmoid: () => layers.activation({ activation: 'sigmoid' }),
} as const;

interface Squeeze {
  /** Without `encoder.`; its convolutions are `NAME.fc1` and `NAME.fc2`. */
  readonly name: string;
  readonly filters: number;
  readonly activation: 'relu' | 'silu';
  readonly gate: 'hardSigmoid' | 'sigmoid';
}

/**
 * Multiplies each channel by a number from 0 to 1 that follows from the means of all channels over the image.
 *
 * @see Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, arXiv:1709.01507, §3.
 */
export function squeezeExcitation(
  x: SymbolicTensor,
  { name, filters, activation, gate }: Squeeze,
): SymbolicTensor {
  const channels = x.shape[3]!;
  const mean = layers.globalAveragePooling2d({}).apply(x) as SymbolicTensor;
  const pixel = layers.reshape({ targetShape: [1, 1, channels] }).apply(mean) as SymbolicTensor;
  const few = ACTIVATIONS[activation]().apply(withBias(pixel, `${name}.fc1`, filters)) as SymbolicTensor;
  const share = ACTIVATIONS[gate]().apply(withBias(few, `${name}.fc2`, channels)) as SymbolicTensor;
  return layers.multiply().apply([x, share]) as SymbolicTensor;
}

function withBias(x: SymbolicTensor, name: string, filters: number): SymbolicTensor {
  const layer = layers.conv2d({
    name: `${ENCODER}${name}`,
    filters,
    kernelSize: 1,
    kernelInitializer: 'zeros',
  });
  return layer.apply(x) as SymbolicTensor;
}

/** By half the kernel on every side: `same` pads less on one side where the stride is 2. */
function padded(x: SymbolicTensor, kernelSize: number): SymbolicTensor {
  return layers.zeroPadding2d({ padding: (kernelSize - 1) / 2 }).apply(x) as SymbolicTensor;
}

/** x + change, where the block kept the shape. */
export function residual(x: SymbolicTensor, change: SymbolicTensor): SymbolicTensor {
  const same = x.shape.every((size, axis) => size === change.shape[axis]);
  return same ? (layers.add().apply([x, change]) as SymbolicTensor) : change;
}
