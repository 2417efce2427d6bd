import { checkKeys, unknownName, withDefaults } from '@segloss/common';
import { type SymbolicTensor, type LayersModel, input } from '@tensorflow/tfjs-layers';

import { modelWithSupervision, supervisedModel } from '../deep-supervision.js';
import { drawWeights } from '../weights/initial-weights.js';
import { BATCH_NORM_MOMENTUM } from '../layers/batch-normalization.js';
import {
  checkDivisible,
  checkInputShape,
  checkMomentum,
  checkOutputs,
  checkPositive,
  checkSeed,
} from '../checks.js';
import { ENCODERS, type EncoderName } from './encoders.js';
import { ENCODER, EPSILON, type NormArguments } from './resnet.js';
import { loadEncoderWeights } from '../weights/torch-weights.js';
import { partsOf } from '../weights/weight-names.js';

/** Options of every network with an encoder of torchvision. */
export interface ResnetOptions {
  /** Height, width and channels of the images; height and width divisible by 32. */
  inputShape: readonly [height: number, width: number, channels: number];
  /** Channels of the logits: 1 for binary data, else one for each class. */
  outputs: number;
  encoder: EncoderName;
  /** Bytes of a `.safetensors` file with torchvision's or timm's names; see {@link loadEncoderWeights}. Default: drawn from the seed. */
  encoderWeights?: Uint8Array | undefined;
  /** Filters of the encoder's first convolution. Default: that of torchvision, 64 for a ResNet, 32 for MobileNetV2 and EfficientNet-B0, 16 for MobileNetV3-Large; fewer give a narrow encoder. */
  encoderWidth?: number;
  /** Share of the running averages that an update keeps; default 0.9, which PyTorch calls 0.1. See {@link UnetOptions}. */
  batchNormMomentum?: number;
  /** The same seed gives the same initial weights and dropout masks. Default 0. */
  seed?: number;
}

export const RESNET_DEFAULTS = {
  encoderWeights: undefined,
  /** That of the encoder. */
  encoderWidth: undefined as number | undefined,
  batchNormMomentum: BATCH_NORM_MOMENTUM,
};

/** Checks the options that all share; gives them complete. */
export function checkedResnet<O extends ResnetOptions, D extends object>(
  caller: string,
  options: O,
  own: D,
  outputStride: 16 | 32 = 32,
) {
  const defaults = { ...own, ...RESNET_DEFAULTS, seed: 0 };
  checkKeys(caller, options, ['inputShape', 'outputs', 'encoder', ...Object.keys(defaults)]);
  const { encoder } = options;
  if (!Object.hasOwn(ENCODERS, encoder)) {
    throw new RangeError(`${caller}: ${unknownName('encoder', String(encoder), Object.keys(ENCODERS))}`);
  }
  const complete = withDefaults({ ...defaults, encoderWidth: ENCODERS[encoder].width }, options);
  const { inputShape, outputs, encoderWidth, batchNormMomentum, seed } = complete;
  checkInputShape(caller, inputShape);
  checkOutputs(caller, outputs);
  checkPositive(caller, 'encoderWidth', encoderWidth);
  checkMomentum(caller, batchNormMomentum);
  checkSeed(caller, seed);
  checkDivisible(
    caller,
    inputShape,
    outputStride,
    `for an encoder of ${outputStride === 32 ? 'five' : 'four'} halvings`,
  );
  return complete;
}

type Defaulted = 'encoderWidth' | 'batchNormMomentum' | 'seed';
type CompleteResnetOptions = Omit<ResnetOptions, Defaulted> &
  Required<Pick<ResnetOptions, Defaulted>> & {
    /** By how much the last features are smaller than the image. Default 32. */
    readonly outputStride?: 16 | 32;
  };

/** A model of encoder and decoder, with its weights. The decoder returns the logits, and auxiliary ones behind them. */
export function resnetModel(
  {
    inputShape,
    encoder,
    encoderWidth,
    encoderWeights,
    batchNormMomentum,
    seed,
    outputStride = 32,
  }: CompleteResnetOptions,
  decoder: (
    features: SymbolicTensor[],
    norm: NormArguments,
  ) => SymbolicTensor | [logits: SymbolicTensor, ...auxiliary: SymbolicTensor[]],
): LayersModel {
  const image = input({ shape: [...inputShape] });
  const norm = { epsilon: EPSILON, momentum: batchNormMomentum };
  const features = ENCODERS[encoder].features(image, encoderWidth, norm, outputStride);
  const [logits, ...auxiliary] = [decoder(features, norm)].flat() as [SymbolicTensor, ...SymbolicTensor[]];
  const network = modelWithSupervision(image, logits, auxiliary);
  const given = encoderWeights !== undefined;
  drawWeights(
    supervisedModel(network) ?? network,
    seed,
    (weight) => given && partsOf(weight).layer.startsWith(ENCODER),
  );
  if (given) loadEncoderWeights(network, encoderWeights);
  return network;
}
