import { layers, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { BilinearUpSampling2D } from '../layers/bilinear-up-sampling.js';
import { convolution } from '../layers/convolution.js';
import { SeededDropout } from '../layers/dropout.js';
import { GroupNormalization } from '../layers/group-normalization.js';
import { HEAD } from '../weights/initial-weights.js';
import { checkPositive, checkRate } from '../checks.js';
import { checkedResnet, RESNET_DEFAULTS, resnetModel, type ResnetOptions } from './resnet-model.js';

/** Options of {@link resnetFpn}. */
export interface ResnetFpnOptions extends ResnetOptions {
  /** Channels of the pyramid. Default 256. */
  pyramidChannels?: number;
  /** Channels of the segmentation blocks, divisible by the 32 groups of their normalization. Default 128. */
  segmentationChannels?: number;
  /** Probability that a channel is set to zero before the last convolution; see {@link setStep}. Default 0.2. */
  dropout?: number;
}

const OWN_DEFAULTS = { pyramidChannels: 256, segmentationChannels: 128, dropout: 0.2 };

/** Defaults of {@link resnetFpn}. */
export const RESNET_FPN_DEFAULTS = { ...OWN_DEFAULTS, ...RESNET_DEFAULTS };

const GROUPS = 32;

/**
 * A feature pyramid network with a ResNet, MobileNet or EfficientNet as its encoder that returns logits: the network `FPN` of segmentation_models.pytorch, layer
 * for layer. 1 x 1 convolutions and nearest neighbors make a pyramid of one number of channels; of each level, 3 x 3 convolutions with
 * group normalization, ReLU and bilinear up-sampling come to 1/4 of the size; their sum, after dropout of channels and a 1 x 1
 * convolution, is brought to the full size bilinearly. Float32 `[B, H, W, C]` to `[B, H, W, outputs]`.
 *
 * @param options See {@link ResnetFpnOptions}.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If a size does not fit; the message names sizes that do.
 *
 * @example
 * ```ts
 * const model = resnetFpn({ inputShape: [32, 64, 3], outputs: 5, encoder: 'resnet18', encoderWidth: 2, pyramidChannels: 4, segmentationChannels: 32 });
 * model.outputs[0].shape; // → [null, 32, 64, 5]
 * ```
 *
 * @see Lin et al., "Feature Pyramid Networks", CVPR 2017, arXiv:1612.03144; Kirillov et al., "Panoptic Feature Pyramid Networks",
 * CVPR 2019, arXiv:1901.02446, fig. 3; P. Iakubovskii, segmentation_models.pytorch, `FPN`.
 */
export function resnetFpn(options: ResnetFpnOptions): LayersModel {
  const complete = checkedResnet('resnetFpn', options, OWN_DEFAULTS);
  const { pyramidChannels, segmentationChannels, dropout, outputs, seed } = complete;
  checkPositive('resnetFpn', 'pyramidChannels', pyramidChannels);
  checkPositive('resnetFpn', 'segmentationChannels', segmentationChannels);
  if (segmentationChannels % GROUPS !== 0) {
    throw new RangeError(
      `resnetFpn: wanted segmentationChannels divisible by ${GROUPS}, got ${segmentationChannels}`,
    );
  }
  checkRate('resnetFpn', 'dropout', dropout);
  return resnetModel(complete, (features) => {
    const segments = pyramid(features.slice(1), pyramidChannels).map((level, i) =>
      segmentation(level, `decoder.seg_blocks.${i}`, segmentationChannels, 3 - i),
    );
    const sum = layers.add().apply(segments) as SymbolicTensor;
    const dropped = new SeededDropout({ rate: dropout, seed, perChannel: true }).apply(sum);
    const logits = pointwise(dropped as SymbolicTensor, `${HEAD}0`, outputs);
    return bilinear(logits, 4);
  });
}

/** From the coarsest level to the finest. */
function pyramid([c2, c3, c4, c5]: readonly SymbolicTensor[], channels: number): SymbolicTensor[] {
  const levels = [pointwise(c5!, 'decoder.p5', channels)];
  for (const [name, features] of [
    ['p4', c4!],
    ['p3', c3!],
    ['p2', c2!],
  ] as const) {
    const coarse = layers.upSampling2d({ size: [2, 2] }).apply(levels.at(-1)!) as SymbolicTensor;
    const fine = pointwise(features, `decoder.${name}.skip_conv`, channels);
    levels.push(layers.add().apply([coarse, fine]) as SymbolicTensor);
  }
  return levels;
}

/** Convolution, normalization and ReLU, each followed by a doubling; one without where there is nothing to double. */
function segmentation(x: SymbolicTensor, name: string, filters: number, doublings: number): SymbolicTensor {
  for (let i = 0; i < Math.max(1, doublings); i++) {
    const block = `${name}.block.${i}.block`;
    const args = { name: `${block}.0`, filters, kernelSize: 3, kernelInitializer: 'zeros' as const };
    const convolved = convolution(args).apply(x) as SymbolicTensor;
    const norm = new GroupNormalization({ groups: GROUPS, name: `${block}.1` });
    x = layers.reLU().apply(norm.apply(convolved) as SymbolicTensor) as SymbolicTensor;
    if (doublings > 0) x = bilinear(x, 2);
  }
  return x;
}

function pointwise(x: SymbolicTensor, name: string, filters: number): SymbolicTensor {
  return layers
    .conv2d({ name, filters, kernelSize: 1, kernelInitializer: 'zeros' })
    .apply(x) as SymbolicTensor;
}

function bilinear(x: SymbolicTensor, factor: number): SymbolicTensor {
  return new BilinearUpSampling2D({ factor }).apply(x) as SymbolicTensor;
}
