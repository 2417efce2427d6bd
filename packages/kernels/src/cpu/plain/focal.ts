import { type FocalKernelAttributes } from '@segloss/losses';

import { PixelLabels, withoutIgnoredChannels, type PixelArrays } from './pixels.js';
import { SigmoidRow, SoftmaxRow, type Row } from './rows.js';

/** Σ y (1-s)^γ (-log s) and, with a sigmoid, Σ (v-y) s^γ (-log(1-s)), into out `[2, B, K]`; adds in float64. */
export function focalSums(
  arrays: PixelArrays,
  { activation, gamma }: FocalKernelAttributes,
  out: Float32Array,
): void {
  const { batch, pixels, classes } = arrays;
  const labels = new PixelLabels(arrays);
  const z = withoutIgnoredChannels(arrays, activation);
  const softmax = new SoftmaxRow(z, classes, 1);
  const sigmoid = new SigmoidRow(z, classes, 1, true);
  for (let b = 0; b < batch; b++) {
    const positive = new Float64Array(classes);
    const negative = new Float64Array(classes);
    for (let i = b * pixels; i < (b + 1) * pixels; i++) {
      if (!labels.read(i)) continue;
      const at = i * classes;
      if (activation === 'softmax') {
        softmax.read(at);
        addSoftmax(labels, softmax, at, gamma, positive);
      } else {
        sigmoid.read(at);
        addSigmoid(labels, sigmoid, gamma, positive, negative);
      }
    }
    out.set(positive, b * classes);
    out.set(negative, (batch + b) * classes);
  }
}

function addSoftmax(
  { y, first, end }: PixelLabels,
  softmax: SoftmaxRow,
  at: number,
  gamma: number,
  sum: Row,
): void {
  const logTotal = softmax.logTotal();
  for (let k = first; k < end; k++) {
    const rest = Math.max(0, 1 - softmax.e[k]! * softmax.inverse);
    sum[k]! -= y[k]! * power(rest, gamma) * (softmax.z[at + k]! - logTotal);
  }
}

function addSigmoid(
  { y, v }: PixelLabels,
  { s, c, logS, logC }: SigmoidRow,
  gamma: number,
  positive: Row,
  negative: Row,
): void {
  for (let k = 0; k < s.length; k++) {
    const rest = v[k]! - y[k]!;
    if (y[k] !== 0) positive[k]! -= y[k]! * power(c[k]!, gamma) * logS[k]!;
    if (rest !== 0) negative[k]! -= rest * power(s[k]!, gamma) * logC[k]!;
  }
}

/** The gradient of the logits into out `[B, N, K]`, given dy `[2, B, K]`. */
export function focalGradient(
  arrays: PixelArrays,
  { activation, gamma }: FocalKernelAttributes,
  dy: Float32Array,
  out: Float32Array,
): void {
  const { batch, pixels, classes } = arrays;
  const labels = new PixelLabels(arrays);
  const z = withoutIgnoredChannels(arrays, activation);
  const softmax = new SoftmaxRow(z, classes, 1);
  const sigmoid = new SigmoidRow(z, classes, 1, true);
  out.fill(0);
  for (let b = 0; b < batch; b++) {
    const positive = dy.subarray(b * classes, (b + 1) * classes);
    const negative = dy.subarray((batch + b) * classes, (batch + b + 1) * classes);
    for (let i = b * pixels; i < (b + 1) * pixels; i++) {
      if (!labels.read(i)) continue;
      const at = i * classes;
      if (activation === 'softmax') {
        softmax.read(at);
        writeSoftmax(labels, softmax, at, gamma, positive, out);
      } else {
        sigmoid.read(at);
        writeSigmoid(labels, sigmoid, at, gamma, positive, negative, out);
      }
    }
  }
}

/** s φ'(s) = c^γ (γ s log s / c - 1) with c = 1 - s, then through the softmax. */
function writeSoftmax(
  { y, first, end }: PixelLabels,
  softmax: SoftmaxRow,
  at: number,
  gamma: number,
  positive: Float32Array,
  out: Float32Array,
): void {
  const { e, inverse, z } = softmax;
  const logTotal = softmax.logTotal();
  let shared = 0;
  for (let k = first; k < end; k++) {
    const s = e[k]! * inverse;
    const c = Math.max(0, 1 - s);
    // log s / c tends to -1 at s = 1, where the quotient loses all digits.
    const ratio = c > 1e-8 ? (z[at + k]! - logTotal) / c : -1;
    const onS = y[k]! * positive[k]! * power(c, gamma) * (gamma * s * ratio - 1);
    out[at + k] = onS;
    shared += onS;
  }
  for (let k = 0; k < e.length; k++) out[at + k]! -= e[k]! * inverse * shared;
}

/** d/dz[-c^γ log s] = c^γ (γ s log s - c), and the other by symmetry. */
function writeSigmoid(
  { y, v }: PixelLabels,
  { s, c, logS, logC }: SigmoidRow,
  at: number,
  gamma: number,
  positive: Float32Array,
  negative: Float32Array,
  out: Float32Array,
): void {
  for (let k = 0; k < s.length; k++) {
    const rest = v[k]! - y[k]!;
    let gradient = 0;
    if (y[k] !== 0) {
      gradient = y[k]! * positive[k]! * power(c[k]!, gamma) * (gamma * s[k]! * logS[k]! - c[k]!);
    }
    if (rest !== 0) {
      gradient -= rest * negative[k]! * power(s[k]!, gamma) * (gamma * c[k]! * logC[k]! - s[k]!);
    }
    out[at + k] = gradient;
  }
}

/** x^γ; most use γ = 2. */
function power(x: number, gamma: number): number {
  return gamma === 2 ? x * x : x ** gamma;
}
