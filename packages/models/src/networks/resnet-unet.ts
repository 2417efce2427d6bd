import { layers, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { HEAD } from '../weights/initial-weights.js';
import { checkBoolean, checkPositives } from '../checks.js';
import { convolutionNormRelu } from './resnet.js';
import { checkedResnet, RESNET_DEFAULTS, resnetModel, type ResnetOptions } from './resnet-model.js';

/** Options of {@link resnetUnet}. */
export interface ResnetUnetOptions extends ResnetOptions {
  /** Filters of the five blocks of the decoder, from 1/16 of the resolution up. Default [256, 128, 64, 32, 16]. */
  decoderWidths?: readonly number[];
  /** Adds logits at every lower resolution of the decoder, for the training alone; see {@link supervisedModel}. Default false. */
  deepSupervision?: boolean;
}

const OWN_DEFAULTS = { decoderWidths: [256, 128, 64, 32, 16] as readonly number[], deepSupervision: false };

/** Defaults of {@link resnetUnet}. */
export const RESNET_UNET_DEFAULTS = { ...OWN_DEFAULTS, ...RESNET_DEFAULTS };

/**
 * A U-Net with a ResNet, MobileNet or EfficientNet as its encoder that returns logits: the network `Unet` of segmentation_models.pytorch, layer for layer. Five
 * blocks go up, each doubling the size by nearest neighbors, concatenated with the encoder's features of that size (none at full size), then
 * two 3 x 3 convolutions with batch normalization and ReLU; a 3 x 3 convolution gives the logits. Float32 `[B, H, W, C]` to
 * `[B, H, W, outputs]`.
 *
 * @param options See {@link ResnetUnetOptions}.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If a size does not fit; the message names sizes that do.
 *
 * @example
 * ```ts
 * const model = resnetUnet({ inputShape: [32, 64, 3], outputs: 1, encoder: 'resnet18', encoderWidth: 2, decoderWidths: [8, 8, 4, 4, 4] });
 * model.outputs[0].shape; // → [null, 32, 64, 1]
 * ```
 *
 * @see Ronneberger et al., arXiv:1505.04597; He et al., arXiv:1512.03385; P. Iakubovskii, segmentation_models.pytorch, `Unet`.
 */
export function resnetUnet(options: ResnetUnetOptions): LayersModel {
  const complete = checkedResnet('resnetUnet', options, OWN_DEFAULTS);
  const { decoderWidths, deepSupervision, outputs } = complete;
  checkPositives('resnetUnet', 'decoderWidths', decoderWidths, 5);
  checkBoolean('resnetUnet', 'deepSupervision', deepSupervision);
  return resnetModel(complete, (features, norm) => {
    const skips = features.slice(0, -1).reverse();
    let x = features.at(-1)!;
    /** From the full resolution down. */
    const decoded: SymbolicTensor[] = [];
    decoderWidths.forEach((filters, i) => {
      x = layers.upSampling2d({ size: [2, 2] }).apply(x) as SymbolicTensor;
      if (i < skips.length) x = layers.concatenate().apply([x, skips[i]!]) as SymbolicTensor;
      for (const convolution of ['conv1', 'conv2']) {
        const name = `decoder.blocks.${i}.${convolution}`;
        x = convolutionNormRelu(x, filters, { convolution: `${name}.0`, norm: `${name}.1` }, norm);
      }
      decoded.unshift(x);
    });
    const head = (features: SymbolicTensor, name: string, kernelSize: number) =>
      layers
        .conv2d({ name, filters: outputs, kernelSize, padding: 'same', kernelInitializer: 'zeros' })
        .apply(features) as SymbolicTensor;
    const logits = head(x, `${HEAD}0`, 3);
    const lower = deepSupervision ? decoded.slice(1) : [];
    return [logits, ...lower.map((level, i) => head(level, `${HEAD}level${i + 1}`, 1))];
  });
}
