import { checkKeys } from '@segloss/common';
import { layers } from '@tensorflow/tfjs-layers';
import {
  abs,
  add,
  cast,
  clipByValue,
  customGrad,
  div,
  greater,
  less,
  mul,
  sigmoid,
  sub,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { LAYER_OPTIONS, type LayerOptions } from './layer-options.js';

/** A function of each value, and the derivative of it. */
interface Elementwise {
  readonly value: (x: Tensor) => Tensor;
  readonly derivative: (x: Tensor) => Tensor;
}

/** Applies a function to each value; its gradient keeps only the input. */
abstract class ElementwiseLayer extends layers.Layer {
  protected abstract readonly elementwise: Elementwise;

  constructor(caller: string, options: LayerOptions) {
    checkKeys(caller, options, LAYER_OPTIONS);
    super(options);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const { value, derivative } = this.elementwise;
    const operation = customGrad((x, save) => {
      (save as (tensors: Tensor[]) => void)([x as Tensor]);
      return {
        value: value(x as Tensor),
        gradFunc: (dy: Tensor, saved: Tensor[]) => mul(dy, derivative(saved[0]!)),
      };
    });
    return tidy(() => operation(Array.isArray(inputs) ? inputs[0]! : inputs));
  }
}

/** 1 where |x| is below 3, else 0. */
const inside = (x: Tensor) => cast(less(abs(x), 3), 'float32');

const hardSigmoid = (x: Tensor) => clipByValue(add(div(x, 6), 0.5), 0, 1);

/**
 * min(max(x / 6 + 1/2, 0), 1) of each value, as in PyTorch; the activation `hardSigmoid` of tfjs has a slope of 1/5. Float32 of any shape.
 *
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * new HardSigmoid().apply(tf.tensor2d([[-4, 0, 1.5, 4]])); // → [[0, 0.5, 0.75, 1]]
 * ```
 *
 * @see Howard et al., "Searching for MobileNetV3", ICCV 2019, arXiv:1905.02244, §5.2.
 */
export class HardSigmoid extends ElementwiseLayer {
  /** @nocollapse */
  static readonly className = 'HardSigmoid';
  protected readonly elementwise = { value: hardSigmoid, derivative: (x: Tensor) => div(inside(x), 6) };

  constructor(options: LayerOptions = {}) {
    super('HardSigmoid', options);
  }
}

/**
 * x min(max(x / 6 + 1/2, 0), 1) of each value. Float32 of any shape.
 *
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * new HardSwish().apply(tf.tensor2d([[-4, -1.5, 1.5, 4]])); // → [[0, -0.375, 1.125, 4]]
 * ```
 *
 * @see Howard et al., "Searching for MobileNetV3", ICCV 2019, arXiv:1905.02244, §5.2.
 */
export class HardSwish extends ElementwiseLayer {
  /** @nocollapse */
  static readonly className = 'HardSwish';
  protected readonly elementwise = {
    value: (x: Tensor) => mul(x, hardSigmoid(x)),
    derivative: (x: Tensor) => add(mul(inside(x), add(div(x, 3), 0.5)), cast(greater(x, 3), 'float32')),
  };

  constructor(options: LayerOptions = {}) {
    super('HardSwish', options);
  }
}

/**
 * x / (1 + exp(-x)) of each value (swish). Float32 of any shape.
 *
 * @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * new SiLU().apply(tf.tensor2d([[0, 1]])); // → [[0, 0.731059]]
 * ```
 *
 * @see Elfwing et al., Neural Networks 107, 2018, arXiv:1702.03118.
 */
export class SiLU extends ElementwiseLayer {
  /** @nocollapse */
  static readonly className = 'SiLU';
  protected readonly elementwise = {
    value: (x: Tensor) => mul(x, sigmoid(x)),
    derivative: (x: Tensor) => {
      const share = sigmoid(x);
      return mul(share, add(mul(x, sub(1, share)), 1));
    },
  };

  constructor(options: LayerOptions = {}) {
    super('SiLU', options);
  }
}
