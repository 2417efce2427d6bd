import { checkKeys, withDefaults } from '@segloss/common';
import { registerMissingGradients } from '@segloss/kernels';
import { input, layers, initializers, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

import { BATCH_NORM_MOMENTUM, batchNormalizationRelu } from '../layers/batch-normalization.js';
import { convolution } from '../layers/convolution.js';
import { modelWithSupervision } from '../deep-supervision.js';
import { SeededDropout } from '../layers/dropout.js';
import { GroupNormalization } from '../layers/group-normalization.js';
import {
  checkBoolean,
  checkDivisible,
  checkInputShape,
  checkMomentum,
  checkOutputs,
  checkPositives,
  checkRate,
  checkSeed,
} from '../checks.js';

/** Options of {@link unet}. */
export interface UnetOptions {
  /** Height, width and channels of the images, of volumes the depth before them; all but the channels divisible by 2^(widths - 1), or by the product of the strides. */
  inputShape: readonly [number, number, number] | readonly [number, number, number, number];
  /** Channels of the logits: 1 for binary data, else one for each class. */
  outputs: number;
  /** Filters at each level, from the full resolution down. Default [8, 16, 32]. */
  widths?: readonly number[];
  /**
   * By how much each level is smaller than the one above it, one for each width but the first: a number for all axes, or one for each axis, as
   * [1, 2, 2] for volumes of thick slices. Default: 2 everywhere.
   */
  strides?: readonly (number | readonly number[])[] | undefined;
  /** After each convolution `batch` or `instance` normalization, or `none` (default). */
  norm?: 'batch' | 'instance' | 'none';
  /** Probability that a value is set to zero after the two lowest levels of the way down; see {@link setStep}. Default 0. */
  dropout?: number;
  /**
   * Share of the running mean and variance that an update keeps, from 0 to below 1; only with norm `batch`. Default 0.9, which is
   * PyTorch's momentum 0.1. Validation and prediction normalize by these averages: they remember about 1 / (1 - momentum) updates.
   */
  batchNormMomentum?: number;
  /** Adds logits at every lower resolution of the decoder, for the training alone; see {@link supervisedModel}. Default false. */
  deepSupervision?: boolean;
  /** The same seed gives the same initial weights and dropout masks. Default 0. */
  seed?: number;
}

/** Defaults of {@link unet}. */
export const UNET_DEFAULTS: Required<
  Pick<UnetOptions, 'widths' | 'norm' | 'dropout' | 'batchNormMomentum' | 'deepSupervision'>
> &
  Pick<UnetOptions, 'strides'> = {
  widths: [8, 16, 32],
  strides: undefined,
  norm: 'none',
  dropout: 0,
  batchNormMomentum: BATCH_NORM_MOMENTUM,
  deepSupervision: false,
};

const NORMS = ['batch', 'instance', 'none'];
const KNOWN = ['inputShape', 'outputs', ...Object.keys(UNET_DEFAULTS), 'seed'];

/**
 * A U-Net that returns logits: two convolutions of 3 pixels along each axis at each level, max-pooling down, transposed
 * convolutions of 2 pixels up, skip connections, a convolution of 1 pixel at the end. Images `[B, H, W, C]` or volumes
 * `[B, D, H, W, C]`, float32, to logits `[B, ...spatial, outputs]`.
 *
 * @param options See {@link UnetOptions}.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If a size does not fit; the message names sizes that do.
 *
 * @example
 * ```ts
 * const model = unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2, 4], seed: 1 });
 * model.outputs[0].shape; // → [null, 16, 16, 1]
 * model.countParams(); // → 431
 * unet({ inputShape: [4, 8, 8, 1], outputs: 2, widths: [2, 4] }).outputs[0].shape; // → [null, 4, 8, 8, 2]
 * ```
 *
 * @see Ronneberger, Fischer, Brox, "U-Net", MICCAI 2015, arXiv:1505.04597, §2; of volumes: Çiçek et al., "3D U-Net", MICCAI
 * 2016, arXiv:1606.06650. Here convolutions keep the size.
 */
export function unet(options: UnetOptions): LayersModel {
  const complete = checked(options);
  const { inputShape, outputs, widths, steps, norm, dropout, batchNormMomentum: momentum, seed } = complete;
  const kind = inputShape.length === 3 ? PLANE : VOLUME;
  if (kind === VOLUME) registerMissingGradients(); // of the transposed convolution
  let drawn = 0;
  const initializer = () => initializers.heNormal({ seed: seed * 1000 + ++drawn });
  let dropouts = 0;
  const dropped = (x: SymbolicTensor): SymbolicTensor =>
    dropout === 0
      ? x
      : (new SeededDropout({ rate: dropout, seed, number: dropouts++ }).apply(x) as SymbolicTensor);

  const block = (x: SymbolicTensor, filters: number): SymbolicTensor => {
    for (let i = 0; i < 2; i++) {
      const shared = { filters, kernelSize: 3, padding: 'same' as const, kernelInitializer: initializer() };
      x =
        norm === 'none'
          ? (kind.convolution({ ...shared, activation: 'relu' }).apply(x) as SymbolicTensor)
          : NORMALIZATIONS[norm](kind.withoutBias(shared).apply(x) as SymbolicTensor, { filters, momentum });
    }
    return x;
  };

  const image = input({ shape: [...inputShape] });
  const skips: SymbolicTensor[] = [];
  let x: SymbolicTensor = image;
  widths.forEach((filters, level) => {
    if (level > 0) {
      skips.push(x);
      x = kind.pooling(steps[level - 1]!).apply(x) as SymbolicTensor;
    }
    x = block(x, filters);
    if (level >= widths.length - 2) x = dropped(x);
  });
  /** From the full resolution down. */
  const decoded: SymbolicTensor[] = [];
  for (let level = widths.length - 2; level >= 0; level--) {
    const filters = widths[level]!;
    const step = steps[level]!;
    const up = kind.transposed({
      filters,
      kernelSize: [...step],
      strides: [...step],
      kernelInitializer: initializer(),
    });
    x = layers.concatenate().apply([skips[level]!, up.apply(x) as SymbolicTensor]) as SymbolicTensor;
    x = block(x, filters);
    decoded.unshift(x);
  }
  const head = (features: SymbolicTensor) =>
    kind
      .convolution({ filters: outputs, kernelSize: 1, kernelInitializer: initializer() })
      .apply(features) as SymbolicTensor;
  const logits = head(x);
  return modelWithSupervision(image, logits, complete.deepSupervision ? decoded.slice(1).map(head) : []);
}

type ConvolutionArguments = Parameters<typeof layers.conv2d>[0];

/** The layers for images and those for volumes. */
const PLANE = {
  convolution: layers.conv2d,
  withoutBias: convolution,
  transposed: layers.conv2dTranspose,
  pooling: (step: readonly number[]) => layers.maxPooling2d({ poolSize: [...step] as [number, number] }),
};
const VOLUME = {
  convolution: layers.conv3d,
  withoutBias: (args: ConvolutionArguments) => layers.conv3d({ ...args, useBias: false }),
  transposed: layers.conv3dTranspose,
  pooling(step: readonly number[]) {
    const size = [...step] as [number, number, number];
    return layers.maxPooling3d({ poolSize: size, strides: size });
  },
};

interface NormOptions {
  readonly filters: number;
  readonly momentum: number;
}

const NORMALIZATIONS = {
  batch(x: SymbolicTensor, { momentum }: NormOptions): SymbolicTensor {
    if (x.shape.length < 5) return batchNormalizationRelu(x, { momentum });
    // tf.layers.batchNormalization has four axes at most, so depth and height of a volume become one.
    const [, depth, height, width, channels] = x.shape as number[];
    const rows = layers.reshape({ targetShape: [depth! * height!, width!, channels!] });
    const normalized = batchNormalizationRelu(rows.apply(x) as SymbolicTensor, { momentum });
    return layers.reshape({ targetShape: x.shape.slice(1) }).apply(normalized) as SymbolicTensor;
  },
  instance(x: SymbolicTensor, { filters }: NormOptions): SymbolicTensor {
    const normalized = new GroupNormalization({ groups: filters }).apply(x) as SymbolicTensor;
    return layers.reLU().apply(normalized) as SymbolicTensor;
  },
};

/** The stride of each level along each axis. */
function stepsOf(strides: UnetOptions['strides'], levels: number, axes: number): readonly number[][] {
  if (strides === undefined) return Array.from({ length: levels }, () => Array<number>(axes).fill(2));
  const fits =
    Array.isArray(strides) &&
    strides.length === levels &&
    strides.flat().every((one) => Number.isInteger(one) && one >= 1) &&
    strides.every((one) => !Array.isArray(one) || one.length === axes);
  if (!fits) {
    throw new RangeError(
      `unet: wanted ${levels} strides for ${levels + 1} widths, each a whole number from 1 or one for each of ${axes} axes, got ${JSON.stringify(strides)}`,
    );
  }
  return strides.map((one) => (typeof one === 'number' ? Array<number>(axes).fill(one) : [...one]));
}

function checked(options: UnetOptions) {
  checkKeys('unet', options, KNOWN);
  const complete = withDefaults({ ...UNET_DEFAULTS, seed: 0 }, options);
  const { inputShape, outputs, widths, norm, dropout, batchNormMomentum, seed } = complete;
  checkInputShape('unet', inputShape, [3, 4]);
  checkOutputs('unet', outputs);
  checkPositives('unet', 'widths', widths);
  if (!NORMS.includes(norm)) {
    const wanted = NORMS.map((name) => `'${name}'`).join(' | ');
    throw new RangeError(`unet: wanted norm ${wanted}, got ${JSON.stringify(norm)}`);
  }
  checkRate('unet', 'dropout', dropout);
  checkMomentum('unet', batchNormMomentum);
  if (norm !== 'batch' && batchNormMomentum !== BATCH_NORM_MOMENTUM) {
    throw new RangeError(
      `unet: wanted no batchNormMomentum with norm '${norm}', got ${batchNormMomentum}; set norm: 'batch' or leave it out`,
    );
  }
  checkBoolean('unet', 'deepSupervision', complete.deepSupervision);
  checkSeed('unet', seed);
  const steps = stepsOf(complete.strides, widths.length - 1, inputShape.length - 1);
  const whole = steps.reduce<number[]>(
    (product, step) => product.map((side, axis) => side * step[axis]!),
    Array<number>(inputShape.length - 1).fill(1),
  );
  const remedy = complete.strides === undefined ? ' or give fewer widths' : ' or give other strides';
  checkDivisible('unet', inputShape, whole, `for ${widths.length} widths`, remedy);
  return { ...complete, steps };
}
