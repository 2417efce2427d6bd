import {
  add,
  AdamOptimizer,
  div,
  engine,
  getBackend,
  getKernel,
  mul,
  sqrt,
  square,
  sub,
  tidy,
  zerosLike,
  type NamedTensorMap,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';

import { ADAM_UPDATE, type AdamAttributes } from '../wasm/elements/adam.js';

type Gradients = Parameters<AdamOptimizer['applyGradients']>[0];

interface Moment {
  originalName: string;
  variable: Variable;
}

/** What we use of the optimizer's private side. */
interface Inner {
  accBeta1: Variable;
  accBeta2: Variable;
  accumulatedFirstMoment: Moment[];
  accumulatedSecondMoment: Moment[];
}

/**
 * One step of Adam for one tensor, on any backend; one fused kernel where it is registered (wasm).
 *
 * @param tensors The value, the decaying means of its gradients (m) and of their squares (v), and its gradient: float32, of one
 *   shape. None is changed.
 * @param attributes β₁, β₂, ε, `rate` = learning rate / (1 - β₁ᵗ) and `correction` = 1 / (1 - β₂ᵗ), where t is 1 in the first step.
 * @returns The new value, m and v.
 *
 * @example
 * ```ts
 * const [value, m, v, gradient] = [1, 0, 0, 4].map((x) => tf.scalar(x));
 * const attributes = { beta1: 0.9, beta2: 0.999, epsilon: 0, rate: 0.1 / (1 - 0.9), correction: 1 / (1 - 0.999) };
 * adamStep({ value, m, v, gradient }, attributes)[0]; // → 0.9
 * ```
 *
 * @see Kingma & Ba, "Adam", ICLR 2015, algorithm 1.
 */
export function adamStep(
  tensors: { value: Tensor; m: Tensor; v: Tensor; gradient: Tensor },
  attributes: AdamAttributes,
): [value: Tensor, m: Tensor, v: Tensor] {
  if (getKernel(ADAM_UPDATE, getBackend()) !== undefined) {
    return engine().runKernel(ADAM_UPDATE, tensors, { ...attributes }) as [Tensor, Tensor, Tensor];
  }
  const { beta1, beta2, epsilon, rate, correction } = attributes;
  return tidy(() => {
    const { value, gradient } = tensors;
    const m = add(mul(tensors.m, beta1), mul(gradient, 1 - beta1));
    const v = add(mul(tensors.v, beta2), mul(square(gradient), 1 - beta2));
    const root = add(sqrt(mul(v, correction)), epsilon);
    return [sub(value, mul(div(m, root), rate)), m, v] as [Tensor, Tensor, Tensor];
  });
}

/** tf.AdamOptimizer whose update of a variable is one kernel and not fifteen where there is one. */
class FusedAdam extends AdamOptimizer {
  override applyGradients(gradients: Gradients): void {
    if (getKernel(ADAM_UPDATE, getBackend()) === undefined) return super.applyGradients(gradients);
    const byName: NamedTensorMap = Array.isArray(gradients)
      ? Object.fromEntries(gradients.map(({ name, tensor }) => [name, tensor]))
      : (gradients as NamedTensorMap);
    const inner = this as unknown as Inner;
    const { beta1, beta2, epsilon } = this;
    const [power1, power2] = [inner.accBeta1.dataSync()[0]!, inner.accBeta2.dataSync()[0]!];
    const attributes: AdamAttributes = {
      ...{ beta1, beta2, epsilon },
      rate: this.learningRate / (1 - power1),
      correction: 1 / (1 - power2),
    };
    tidy(() => {
      Object.entries(byName).forEach(([name, gradient], i) => {
        const value = engine().registeredVariables[name]!;
        const m = (inner.accumulatedFirstMoment[i] ??= moment(`${name}/m`, value)).variable;
        const v = (inner.accumulatedSecondMoment[i] ??= moment(`${name}/v`, value)).variable;
        if (gradient == null) return; // as tfjs: a variable that the loss does not depend on stays as it is
        const results = adamStep({ value, m, v, gradient }, attributes);
        [value, m, v].forEach((variable, at) => variable.assign(results[at]!));
      });
      inner.accBeta1.assign(mul(inner.accBeta1, beta1));
      inner.accBeta2.assign(mul(inner.accBeta2, beta2));
    });
    this.incrementIterations();
  }
}

function moment(originalName: string, value: Variable): Moment {
  return { originalName, variable: tidy(() => zerosLike(value).variable(false)) };
}

/**
 * tf.train.adam, with the same arguments, state and results, that updates a variable by one fused kernel where it is registered
 * (wasm), else by tfjs's own operations.
 *
 * @param learningRate Default 0.001.
 * @param beta1 Decay of the mean of the gradients. Default 0.9.
 * @param beta2 Decay of the mean of their squares. Default 0.999.
 * @param epsilon Added to the root of the mean square. Default: that of the backend, 1e-7.
 *
 * @example
 * ```ts
 * const x = tf.variable(tf.scalar(1));
 * adam(0.1).minimize(() => tf.square(x), false, [x]);
 * x; // → 0.9
 * ```
 *
 * @see Kingma & Ba, "Adam", ICLR 2015, algorithm 1.
 */
export function adam(learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon?: number): AdamOptimizer {
  return new FusedAdam(learningRate, beta1, beta2, epsilon);
}
