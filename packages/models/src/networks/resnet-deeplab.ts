import { layers, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { checkPositive, checkPositives, checkRate } from '../checks.js';
import { BilinearUpSampling2D } from '../layers/bilinear-up-sampling.js';
import { batchNormalizationRelu } from '../layers/batch-normalization.js';
import { convolution } from '../layers/convolution.js';
import { DilatedDepthwiseConv2D } from '../layers/dilated-depthwise.js';
import { SeededDropout } from '../layers/dropout.js';
import { HEAD } from '../weights/initial-weights.js';
import { checkedResnet, RESNET_DEFAULTS, resnetModel, type ResnetOptions } from './resnet-model.js';
import { RESNETS, type NormArguments, type ResnetName } from './resnet.js';

/** Options of {@link resnetDeeplab}. */
export interface ResnetDeeplabOptions extends ResnetOptions {
  /** A ResNet. Its last stage keeps 1/16 of the size, by dilation instead of a stride. */
  encoder: ResnetName;
  /** Channels of the pyramid and of the decoder. Default 256. */
  decoderChannels?: number;
  /** Dilations of the three convolutions of the pyramid. Default [12, 24, 36]. */
  atrousRates?: readonly number[];
  /** Probability that a value is set to zero behind the pyramid; see {@link setStep}. Default 0.5. */
  dropout?: number;
}

const OWN_DEFAULTS = { decoderChannels: 256, atrousRates: [12, 24, 36] as readonly number[], dropout: 0.5 };

/** Defaults of {@link resnetDeeplab}. */
export const RESNET_DEEPLAB_DEFAULTS = { ...OWN_DEFAULTS, ...RESNET_DEFAULTS };

/** Channels to which the fine features are reduced. */
const FINE_CHANNELS = 48;

/** By how much the features of the last stage are smaller than the image. */
const OUTPUT_STRIDE = 16;

/**
 * DeepLabV3+ with a ResNet as its encoder that returns logits: the network `DeepLabV3Plus` of segmentation_models.pytorch, layer for layer.
 * The last stage of the encoder is dilated instead of halved again; a pyramid of one 1 x 1 convolution, three dilated separable
 * convolutions and the mean over the image sees regions of several sizes (atrous spatial pyramid pooling); enlarged four times and joined with fine features, its result passes
 * one more separable convolution, and the logits are enlarged four times. Float32 `[B, H, W, C]` to `[B, H, W, outputs]`.
 *
 * @param options See {@link ResnetDeeplabOptions}; height and width divisible by 16.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If a size does not fit; the message names sizes that do.
 *
 * @example
 * ```ts
 * const model = resnetDeeplab({ inputShape: [32, 48, 3], outputs: 5, encoder: 'resnet18', encoderWidth: 2, decoderChannels: 4 });
 * model.outputs[0].shape; // → [null, 32, 48, 5]
 * ```
 *
 * @see Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation", ECCV 2018, arXiv:1802.02611, §3.1;
 * P. Iakubovskii, segmentation_models.pytorch, `DeepLabV3Plus`.
 */
export function resnetDeeplab(options: ResnetDeeplabOptions): LayersModel {
  const caller = 'resnetDeeplab';
  const complete = checkedResnet(caller, options, OWN_DEFAULTS, OUTPUT_STRIDE);
  if (!Object.hasOwn(RESNETS, options.encoder)) {
    throw new RangeError(`${caller}: wanted a ResNet as its encoder, got ${options.encoder}`);
  }
  const { decoderChannels: channels, atrousRates, dropout, outputs, seed } = complete;
  checkPositive(caller, 'decoderChannels', channels);
  checkPositives(caller, 'atrousRates', atrousRates, 3);
  checkRate(caller, 'dropout', dropout);
  const decoder = (features: SymbolicTensor[], norm: NormArguments): SymbolicTensor => {
    const convolved = (x: SymbolicTensor, names: Names, filters: number) =>
      pointwise(x, names, filters, norm);
    const coarse = features.at(-1)!;
    const aspp = 'decoder.aspp.0';
    const branches = [
      convolved(coarse, [`${aspp}.convs.0.0`, `${aspp}.convs.0.1`], channels),
      ...atrousRates.map((rate, i) => {
        const name = `${aspp}.convs.${i + 1}`;
        return separable(coarse, [`${name}.0`, `${name}.1`], channels, norm, rate);
      }),
      meanOverImage(coarse, [`${aspp}.convs.4.1`, `${aspp}.convs.4.2`], channels, norm),
    ];
    const joined = layers.concatenate().apply(branches) as SymbolicTensor;
    const projected = convolved(joined, [`${aspp}.project.0`, `${aspp}.project.1`], channels);
    const dropped = new SeededDropout({ rate: dropout, seed }).apply(projected) as SymbolicTensor;
    const context = separable(dropped, ['decoder.aspp.1', 'decoder.aspp.2'], channels, norm);
    const fine = convolved(features[1]!, ['decoder.block1.0', 'decoder.block1.1'], FINE_CHANNELS);
    const both = layers.concatenate().apply([bilinear(context), fine]) as SymbolicTensor;
    const fused = separable(both, ['decoder.block2.0', 'decoder.block2.1'], channels, norm);
    const head = layers.conv2d({ name: `${HEAD}0`, filters: outputs, kernelSize: 1, kernelInitializer: 'zeros' }); // prettier-ignore
    return bilinear(head.apply(fused) as SymbolicTensor);
  };
  return resnetModel({ ...complete, outputStride: OUTPUT_STRIDE }, decoder);
}

/** Of a convolution and its normalization. */
type Names = readonly [convolution: string, norm: string];

/** 1 x 1 convolution, batch normalization and ReLU. */
function pointwise(
  x: SymbolicTensor,
  [name, normName]: Names,
  filters: number,
  norm: NormArguments,
): SymbolicTensor {
  const layer = convolution({ name, filters, kernelSize: 1, kernelInitializer: 'zeros' });
  return batchNormalizationRelu(layer.apply(x) as SymbolicTensor, { ...norm, name: normName });
}

/** 3 x 3 convolution of each channel, 1 x 1 convolution, batch normalization and ReLU. */
function separable(
  x: SymbolicTensor,
  [name, normName]: Names,
  filters: number,
  norm: NormArguments,
  dilation = 1,
): SymbolicTensor {
  const own =
    dilation === 1
      ? layers.depthwiseConv2d({ name: `${name}.0`, kernelSize: 3, padding: 'same', useBias: false, depthwiseInitializer: 'zeros' }) // prettier-ignore
      : new DilatedDepthwiseConv2D({ name: `${name}.0`, dilation });
  return pointwise(own.apply(x) as SymbolicTensor, [`${name}.1`, normName], filters, norm);
}

/** The mean over the image, convolved, at every pixel. */
function meanOverImage(
  x: SymbolicTensor,
  names: Names,
  filters: number,
  norm: NormArguments,
): SymbolicTensor {
  const [, height, width, channels] = x.shape as [null, number, number, number];
  const mean = layers.globalAveragePooling2d({}).apply(x) as SymbolicTensor;
  const pixel = layers.reshape({ targetShape: [1, 1, channels] }).apply(mean) as SymbolicTensor;
  const convolved = pointwise(pixel, names, filters, norm);
  return layers.upSampling2d({ size: [height, width] }).apply(convolved) as SymbolicTensor;
}

/** Four times as large. */
function bilinear(x: SymbolicTensor): SymbolicTensor {
  return new BilinearUpSampling2D({ factor: 4 }).apply(x) as SymbolicTensor;
}
