import {
  add,
  clipByValue,
  div,
  exp,
  greater,
  less,
  log,
  logSoftmax,
  maximum,
  mul,
  neg,
  onesLike,
  reshape,
  sigmoid,
  softmax,
  stack,
  sub,
  sum,
  unstack,
  where,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withGradient, withReusedMemory, withoutGradient } from '../custom-gradient.js';
import { hideIgnored, softmaxLogits } from '../inputs/ignored.js';
import { type LikelihoodCost } from '../pixels/likelihood.js';
import { gentlePower, pixelSum } from '../math.js';
import { asPair, hasFused, runFused } from './fused.js';
import { labelsFor, named } from './region.js';
import { logSigmoid } from './sigmoid.js';
import {
  FOCAL_SUMS_GRADIENT_KERNEL,
  FOCAL_SUMS_KERNEL,
  type Activation,
  type FocalKernelAttributes,
} from './contract.js';
import { type PixelInputs } from '../types.js';

/** Focal costs by class, `[B, K]`, and on demand the sums of their factors. */
export interface FocalSums {
  /** Σ y f(s) (-log s) */
  readonly positive: Tensor2D;
  /** Σ (1 - y) f(1 - s) (-log(1 - s)) with a sigmoid, 0 with softmax. */
  readonly negative: Tensor2D;
  /** Σ of the factors f over the same pixels. */
  factors(): Tensor2D;
}

/**
 * The sums of a focal loss, f(s) = (1 - s)^γ; with a threshold r it is 1 where s < r, and ((1 - s)/r)^γ elsewhere.
 *
 * @see Lin et al., arXiv:1708.02002, §3; Sergievskiy and Ponamarev, arXiv:1903.01347, §3 (the threshold).
 */
export function focalSums(
  inputs: PixelInputs,
  activation: Activation,
  { gamma, reducedThreshold: r }: { gamma: number; reducedThreshold: 'none' | number },
): FocalSums {
  const factor = (logS: Tensor3D) => {
    const s = exp(logS) as Tensor3D;
    const eased = gentlePower(mul(sub(1, s), r === 'none' ? 1 : 1 / r) as Tensor3D, gamma);
    return r === 'none'
      ? eased
      : where(
          withoutGradient(s, (x) => less(x, r)),
          onesLike(s),
          eased,
        );
  };
  const sides = (of: LikelihoodCost) => sidesOf(inputs, activation, of);
  const factors = () => add(...sides(factor)) as Tensor2D;
  if (r !== 'none') {
    const [positive, negative] = sides((logS) => mul(factor(logS), neg(logS)));
    return { positive, negative, factors };
  }
  if (hasFused(FOCAL_SUMS_KERNEL)) return { ...fusedFocalSums(inputs, { activation, gamma }), factors };
  if (activation === 'sigmoid') return { ...sigmoidFocalSums(inputs, gamma), factors };
  const positive = softmaxFocalSums(inputs, gamma);
  return { positive, negative: zerosLike(positive), factors };
}

function fusedFocalSums(
  inputs: PixelInputs,
  attributes: FocalKernelAttributes,
): { positive: Tensor2D; negative: Tensor2D } {
  const labels = labelsFor(FOCAL_SUMS_KERNEL, inputs);
  const sums = withReusedMemory(
    inputs.logits,
    labels,
    (logits, keep) =>
      asPair<Tensor>(runFused(FOCAL_SUMS_KERNEL, { logits, ...named(labels) }, { ...attributes, keep })),
    (dy, kept, logits, ...saved) =>
      runFused(
        FOCAL_SUMS_GRADIENT_KERNEL,
        { logits, ...named(saved), dy, ...(kept && { kept }) },
        attributes,
      ),
  );
  const [positive, negative] = unstack(sums, 0) as [Tensor2D, Tensor2D];
  return { positive, negative };
}

/** Σ y φ(log s) and, with a sigmoid, Σ (1 - y) φ(log(1 - s)). */
function sidesOf(
  { logits, target, valid }: PixelInputs,
  activation: Activation,
  phi: LikelihoodCost,
): [Tensor2D, Tensor2D] {
  const over = (share: Tensor3D, logS: Tensor3D) => pixelSum(mul(share, phi(logS)));
  if (activation === 'softmax') {
    const positive = over(target, logSoftmax(softmaxLogits(logits, valid)) as Tensor3D);
    return [positive, zerosLike(positive)];
  }
  const z = hideIgnored(logits, valid);
  return [over(target, logSigmoid(z)), over(sub(valid, target), logSigmoid(neg(z)))];
}

/**
 * One-against-the-rest focal sums, `[B, K]` each: `positive` = Σ y (1-s)^γ (-log s) and `negative` =
 * Σ (1-y) s^γ (-log(1-s)), s = sigmoid(z).
 *
 * Powers go through the logarithm, so every γ ≥ 0 has a finite gradient at s = 0 and s = 1.
 */
export function sigmoidFocalSums(
  inputs: PixelInputs,
  gamma: number,
): { positive: Tensor2D; negative: Tensor2D } {
  const { target, valid } = inputs;
  const sums = withGradient(
    inputs.logits,
    [target, valid],
    (z) => sigmoidForward(z, target, valid, gamma),
    (dy, z, y, v) => sigmoidBackward(z, y!, v!, gamma, dy),
  );
  const [positive, negative] = unstack(sums, 0) as [Tensor2D, Tensor2D];
  return { positive, negative };
}

function sigmoidForward(logits: Tensor3D, y: Tensor3D, v: Tensor3D, gamma: number): Tensor3D {
  const z = hideIgnored(logits, v);
  const logS = logSigmoid(z);
  const logC = logSigmoid(neg(z)); // log(1 - s)
  const positive = mul(y, mul(exp(mul(gamma, logC)), neg(logS))) as Tensor3D;
  const negative = mul(sub(v, y), mul(exp(mul(gamma, logS)), neg(logC))) as Tensor3D;
  return stack([pixelSum(positive), pixelSum(negative)], 0) as Tensor3D;
}

/** With c = 1 - s: d/dz[-c^γ log s] = c^γ (γ s log s - c), and the other by symmetry. */
function sigmoidBackward(logits: Tensor3D, y: Tensor3D, v: Tensor3D, gamma: number, dy: Tensor3D): Tensor3D {
  const z = hideIgnored(logits, v);
  const s = sigmoid(z);
  const c = sigmoid(neg(z));
  const logS = logSigmoid(z);
  const logC = logSigmoid(neg(z));
  const onPositive = mul(exp(mul(gamma, logC)), sub(mul(mul(gamma, s), logS), c));
  const onNegative = neg(mul(exp(mul(gamma, logS)), sub(mul(mul(gamma, c), logC), s)));
  const [positive, negative] = factorsOf(dy);
  return add(mul(mul(y, positive!), onPositive), mul(mul(sub(v, y), negative!), onNegative)) as Tensor3D;
}

/**
 * Softmax focal sums, `[B, K]`: Σ_i y_ik φ(s_ik) with φ(t) = -(1-t)^γ log t.
 */
export function softmaxFocalSums(inputs: PixelInputs, gamma: number): Tensor2D {
  const { target, valid } = inputs;
  return withGradient(
    inputs.logits,
    [target, valid],
    (z) => softmaxForward(z, target, valid, gamma),
    (dy, z, y, v) => softmaxBackward(z, y!, v!, gamma, dy),
  );
}

function softmaxForward(logits: Tensor3D, y: Tensor3D, v: Tensor3D, gamma: number): Tensor2D {
  const logS = logSoftmax(softmaxLogits(logits, v)) as Tensor3D;
  return pixelSum(mul(y, mul(power(sub(1, exp(logS)) as Tensor3D, gamma), neg(logS))));
}

/** s φ'(s) = (1-s)^γ (γ s log s / (1-s) - 1), then through the softmax */
function softmaxBackward(logits: Tensor3D, y: Tensor3D, v: Tensor3D, gamma: number, dy: Tensor2D): Tensor3D {
  const logS = logSoftmax(softmaxLogits(logits, v)) as Tensor3D;
  const s = exp(logS) as Tensor3D;
  const c = sub(1, s) as Tensor3D;
  // log s / (1-s) tends to -1 at s = 1, where the quotient loses all digits.
  const ratio = where(greater(c, 1e-5), div(logS, maximum(c, 1e-5)), neg(onesLike(c))) as Tensor3D;
  const slope = mul(power(c, gamma), sub(mul(mul(gamma, s), ratio), 1));
  const [batch, classes] = dy.shape;
  const weighted = mul(mul(y, reshape(dy, [batch, 1, classes])), slope) as Tensor3D;
  return sub(weighted, mul(s, sum(weighted, -1, true))) as Tensor3D;
}

/** c^γ for c in [0, 1], 1 for γ = 0 */
function power(c: Tensor3D, gamma: number): Tensor3D {
  return exp(mul(gamma, log(clipByValue(c, 1e-30, 1)))) as Tensor3D;
}

function factorsOf(dy: Tensor3D): Tensor3D[] {
  const [, batch, classes] = dy.shape;
  return unstack(dy, 0).map((factor) => reshape(factor, [batch, 1, classes]) as Tensor3D);
}

/**
 * nnU-Net's smoothed softmax focal values, summed over the pixels of an image, `[B, 1]`: -(1-t)^γ log t with
 * t = ε + Σ_k y'_k s_k and y' the labels clipped to [ε/(K-1), 1-ε]; times the class weight `[1, K]` of the label.
 */
export function smoothedFocalSums(
  { logits, target, valid, classes }: PixelInputs,
  gamma: number,
  smooth: number,
  alpha?: Tensor2D,
): Tensor2D {
  const s = softmax(softmaxLogits(logits, valid)) as Tensor3D;
  const clipped = clipByValue(target, smooth / (classes - 1), 1 - smooth);
  const t = add(sum(mul(clipped, s), -1, true), smooth) as Tensor3D;
  const c = clipByValue(sub(1, t), 1e-30, 1) as Tensor3D;
  const weight = alpha === undefined ? valid : sum(mul(target, alpha), -1, true); // α of the label
  return pixelSum(mul(weight, neg(mul(exp(mul(gamma, log(c))), log(t)))));
}
