import { checkKeys } from '@segloss/common';
import { layers } from '@tensorflow/tfjs-layers';
import { image, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';

import { LAYER_OPTIONS, type LayerOptions } from './layer-options.js';
import { checkPositive } from '../checks.js';

/** Options of {@link BilinearUpSampling2D}. */
export interface BilinearUpSampling2DOptions extends LayerOptions {
  /** Factor by which height and width grow. Default 2. */
  factor?: number;
}

const KNOWN = ['factor', ...LAYER_OPTIONS];

type Shape = (number | null)[];

/**
 * Interpolates bilinearly to a larger image whose corner pixels lie on those of the smaller one (PyTorch's `align_corners`), which
 * tf.layers.upSampling2d does not offer. Float32 `[B, H, W, C]` to `[B, factor·H, factor·W, C]`.
 *
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If the factor is not a positive integer.
 *
 * @example
 * ```ts
 * const layer = new BilinearUpSampling2D({ factor: 2 });
 * tf.reshape(layer.apply(tf.tensor4d([0, 3], [1, 1, 2, 1])), [2, 4]); // → [[0, 1, 2, 3], [0, 1, 2, 3]]
 * ```
 */
export class BilinearUpSampling2D extends layers.Layer {
  /** @nocollapse */
  static readonly className = 'BilinearUpSampling2D';
  private readonly factor: number;

  constructor(options: BilinearUpSampling2DOptions = {}) {
    checkKeys('BilinearUpSampling2D', options, KNOWN);
    const { factor = 2, ...config } = options;
    checkPositive('BilinearUpSampling2D', 'factor', factor);
    super(config);
    this.factor = factor;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, height, width, channels] = inputShape as [number, number | null, number | null, number];
    const larger = (size: number | null) => (size === null ? null : size * this.factor);
    return [batch, larger(height), larger(width), channels];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as Tensor4D;
    return image.resizeBilinear(x, [x.shape[1] * this.factor, x.shape[2] * this.factor], true);
  }

  override getConfig(): ReturnType<layers.Layer['getConfig']> {
    return { ...super.getConfig(), factor: this.factor };
  }
}
