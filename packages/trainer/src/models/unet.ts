import {
  input,
  layers,
  model,
  initializers,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';

import { batchNormalizationRelu } from './batch-normalization.js';
import { convolution } from './convolution.js';

/** Options of {@link unet}. */
export interface UnetOptions {
  /** Height, width and channels of the images; height and width divisible by 2^(depth-1). */
  inputShape: readonly [height: number, width: number, channels: number];
  /** Channels of the logits: 1 for binary data, else one for each class. */
  outputs: number;
  /** Filters at each depth, from the full resolution down. Default [8, 16, 32]. */
  widths?: readonly number[];
  /** `batch`: batch normalization after each convolution; `none` (default). */
  norm?: 'batch' | 'none';
  /** The same seed gives the same initial weights. Default 0. */
  seed?: number;
}

const KNOWN = ['inputShape', 'outputs', 'widths', 'norm', 'seed'];

/**
 * A U-Net that returns logits: two 3 x 3 convolutions at each depth, max-pooling down, 2 x 2 transposed convolutions up,
 * skip connections, a 1 x 1 convolution at the end.
 *
 * @param options See {@link UnetOptions}.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If a size does not fit.
 *
 * @example
 * ```ts
 * const model = unet({ inputShape: [16, 16, 1], outputs: 1, widths: [2, 4], seed: 1 });
 * model.outputs[0].shape; // → [null, 16, 16, 1]
 * model.countParams(); // → 431
 * ```
 *
 * @see Ronneberger, Fischer, Brox, "U-Net", MICCAI 2015, arXiv:1505.04597, §2; here convolutions keep the size.
 */
export function unet(options: UnetOptions): LayersModel {
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key))
      throw new TypeError(`unet: unknown option "${key}"; known options: ${KNOWN.join(', ')}`);
  }
  const { inputShape, outputs, widths = [8, 16, 32], norm = 'none', seed = 0 } = options;
  check(inputShape, outputs, widths, norm);

  let drawn = 0;
  const initializer = () => initializers.heNormal({ seed: seed * 1000 + ++drawn });
  const block = (x: SymbolicTensor, filters: number): SymbolicTensor => {
    for (let i = 0; i < 2; i++) {
      if (norm === 'batch') {
        x = batchNormalizationRelu(convolution(filters, initializer()).apply(x) as SymbolicTensor);
      } else {
        const shared = { filters, kernelSize: 3, padding: 'same' as const, activation: 'relu' as const };
        x = layers.conv2d({ ...shared, kernelInitializer: initializer() }).apply(x) as SymbolicTensor;
      }
    }
    return x;
  };

  const image = input({ shape: [...inputShape] });
  const skips: SymbolicTensor[] = [];
  let x: SymbolicTensor = image;
  widths.forEach((filters, depth) => {
    if (depth > 0) {
      skips.push(x);
      x = layers.maxPooling2d({ poolSize: 2 }).apply(x) as SymbolicTensor;
    }
    x = block(x, filters);
  });
  for (let depth = widths.length - 2; depth >= 0; depth--) {
    const filters = widths[depth]!;
    const up = layers.conv2dTranspose({
      filters,
      kernelSize: 2,
      strides: 2,
      kernelInitializer: initializer(),
    });
    x = layers.concatenate().apply([skips[depth]!, up.apply(x) as SymbolicTensor]) as SymbolicTensor;
    x = block(x, filters);
  }
  const head = layers.conv2d({ filters: outputs, kernelSize: 1, kernelInitializer: initializer() });
  return model({ inputs: image, outputs: head.apply(x) as SymbolicTensor });
}

function check(
  inputShape: readonly number[],
  outputs: number,
  widths: readonly number[],
  norm: string,
): void {
  const positive = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
  if (inputShape.length !== 3 || !inputShape.every(positive)) {
    throw new RangeError(`unet: wanted inputShape [height, width, channels], got [${inputShape}]`);
  }
  if (!positive(outputs))
    throw new RangeError(`unet: wanted a positive number of outputs, got ${String(outputs)}`);
  if (widths.length === 0 || !widths.every(positive)) {
    throw new RangeError(`unet: wanted a list of positive widths, got [${widths}]`);
  }
  if (norm !== 'batch' && norm !== 'none') {
    throw new RangeError(`unet: wanted norm 'batch' | 'none', got ${JSON.stringify(norm)}`);
  }
  const step = 2 ** (widths.length - 1);
  const [height, width] = inputShape as [number, number];
  if (height % step !== 0 || width % step !== 0) {
    const nearest = [height, width].map((size) => Math.max(step, Math.round(size / step) * step)).join('x');
    throw new RangeError(
      `unet: wanted height and width divisible by ${step} for ${widths.length} widths, got ${height}x${width}; ` +
        `resize to ${nearest} or give fewer widths`,
    );
  }
}
