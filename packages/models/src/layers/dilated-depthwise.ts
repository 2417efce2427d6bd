import { checkKeys } from '@segloss/common';
import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';
import { depthwiseConv2d, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';

import { LAYER_OPTIONS, type LayerOptions } from './layer-options.js';
import { checkPositive } from '../checks.js';

/** Options of {@link DilatedDepthwiseConv2D}. */
export interface DilatedDepthwiseConv2DOptions extends LayerOptions {
  /** Pixels between neighboring taps of the filter. */
  dilation: number;
}

const KNOWN = ['dilation', ...LAYER_OPTIONS];

/** Pixels of a side of the filter. */
const SIDE = 3;

type Kernel = ReturnType<layers.Layer['addWeight']>;

/**
 * Convolves each channel with a 3 x 3 filter of its own, without bias, whose taps lie `dilation` pixels apart; zeros lie beyond the image.
 * tf.layers.depthwiseConv2d ignores its dilation. Float32 `[B, H, W, C]` to the same shape.
 *
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If the dilation is not a positive integer.
 *
 * @example
 * ```ts
 * const layer = new DilatedDepthwiseConv2D({ dilation: 2, weights: [tf.ones([3, 3, 1, 1])] });
 * const row = tf.tensor4d([1, 10, 100, 1000], [1, 1, 4, 1]);
 * tf.reshape(layer.apply(row), [4]); // → [101, 1010, 101, 1010]
 * ```
 */
export class DilatedDepthwiseConv2D extends layers.Layer {
  /** @nocollapse */
  static readonly className = 'DilatedDepthwiseConv2D';
  private readonly dilation: number;
  private depthwiseKernel: Kernel | undefined;

  constructor(options: DilatedDepthwiseConv2DOptions) {
    checkKeys('DilatedDepthwiseConv2D', options, KNOWN);
    const { dilation, ...config } = options;
    checkPositive('DilatedDepthwiseConv2D', 'dilation', dilation);
    super(config);
    this.dilation = dilation;
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = (inputShape as Shape).at(-1)!;
    const shape = [SIDE, SIDE, channels, 1];
    this.depthwiseKernel = this.addWeight('depthwise_kernel', shape, 'float32', initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as Tensor4D;
    const kernel = this.depthwiseKernel!.read() as Tensor4D;
    return tidy(() => depthwiseConv2d(x, kernel, 1, 'same', 'NHWC', this.dilation));
  }

  override getConfig(): ReturnType<layers.Layer['getConfig']> {
    return { ...super.getConfig(), dilation: this.dilation };
  }
}
