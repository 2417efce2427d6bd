// WGSL that the shaders over pixels share. A row is a pixel of the batch, k a class of it.
import { type Activation } from '@segloss/losses';
import { type TensorInfo } from '@tensorflow/tfjs-core';

import { type PixelTensors } from '../wasm/losses/pixel-kernels.js';
import { THREADS } from './backend.js';

/** What decides the code over pixels. */
export interface PixelForm {
  /** None where only labels are summed. */
  readonly activation: Activation | 'none';
  /** Class indices, or a probability for each class. */
  readonly labels: 'indices' | 'probabilities';
  readonly validPerClass: boolean;
  /** With `t`, the probability at the uniform `temperature`. */
  readonly tempered: boolean;
}

export function formOf(
  { valid, indices }: PixelTensors,
  activation: Activation,
  tempered: boolean,
): PixelForm {
  return {
    activation,
    labels: indices ? 'indices' : 'probabilities',
    validPerClass: indices === undefined && valid!.shape[2] !== 1,
    tempered,
  };
}

/**
 * The tensors by the names that the code has for them: those that it reads, no others may be bound. Indices say themselves which
 * pixels count.
 */
export function inputsOf(
  { logits, valid, indices, target }: PixelTensors,
  { activation }: PixelForm,
): Record<string, TensorInfo> {
  const labels: Record<string, TensorInfo> = indices
    ? { labels: indices }
    : { labels: target!, valid: valid! };
  return activation === 'none' ? labels : { logits, ...labels };
}

/** For the shader key. */
export function keyOf({ activation, labels, validPerClass, tempered }: PixelForm): string {
  return [activation, labels, validPerClass ? 'v' : '', tempered ? 't' : ''].join('-');
}

/**
 * Functions for `v`, `y` and the logit, which is hidden at ignored pixels, so that not even a NaN there is seen. A float32 tensor that
 * tfjs made by casting holds integers: hence every read says its type.
 */
export function readers({ activation, labels, validPerClass }: PixelForm): string {
  const indexed = labels === 'indices';
  const v = indexed
    ? 'i32(labels[row]) >= 0'
    : `valid[${validPerClass ? 'row * uniforms.classes + k' : 'row'}]`;
  // A channel that is ignored by itself has no part in a softmax.
  const hidden = activation === 'softmax' && validPerClass ? '-1e30' : '0.0';
  const y = indexed ? 'i32(labels[row]) == k' : 'labels[row * uniforms.classes + k]';
  return `
    fn vOf(row : i32, k : i32) -> f32 { return f32(${v}); }
    fn yOf(row : i32, k : i32) -> f32 { return f32(${y}); }
    ${
      activation === 'none'
        ? ''
        : `fn zOf(row : i32, k : i32) -> f32 {
             return select(${hidden}, f32(logits[row * uniforms.classes + k]), vOf(row, k) > 0.0);
           }`
    }

    // log(1 + x) for x from -1/2 to 1, as 2 artanh(x / (2 + x)): near 1 the built-in log may be off by 2^-21.
    fn logOnePlus(x : f32) -> f32 {
      let r = x / (2.0 + x);
      let q = r * r;
      let tail = 1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0)));
      return 2.0 * r * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * tail)));
    }`;
}

/**
 * The softmax of the rows of a tile by their largest logits: exp(high) (1 + rest) is the sum of all exponentials, and `rest` keeps
 * 1 - s of a sure pixel from being lost in float32. The tempered exponentials are taken from `pivot`, so that none overflows.
 */
export function softmaxOfRows({ tempered }: PixelForm): string {
  const each = (names: readonly string[]) =>
    names.map((name) => `var<workgroup> ${name} : array<f32, ${THREADS}>;`).join('\n');
  return `
    ${each(['highs', 'rests', ...(tempered ? ['pivots', 'sharpTotals'] : [])])}

    fn keepSoftmax(thread : i32, row : i32) {
      var high = zOf(row, 0);
      var low = high;
      var at = 0;
      for (var k = 1; k < uniforms.classes; k++) {
        let z = zOf(row, k);
        low = min(low, z);
        if (z > high) { high = z; at = k; }
      }
      var rest = 0.0;
      ${tempered ? 'let pivot = select(low, high, uniforms.temperature >= 0.0); var sharpTotal = 0.0;' : ''}
      for (var k = 0; k < uniforms.classes; k++) {
        let z = zOf(row, k);
        if (k != at) { rest += exp(z - high); }
        ${tempered ? 'sharpTotal += exp(uniforms.temperature * (z - pivot));' : ''}
      }
      highs[thread] = high;
      rests[thread] = rest;
      ${tempered ? 'pivots[thread] = pivot; sharpTotals[thread] = sharpTotal;' : ''}
    }`;
}

/** Defines what {@link element} takes of the softmax that thread `i` has kept. */
export function softmaxOf({ tempered }: PixelForm, i: string): string {
  return `
    let high = highs[${i}];
    let rest = rests[${i}];
    let logTotal = select(log(1.0 + rest), logOnePlus(rest), rest <= 1.0);
    ${tempered ? `let pivot = pivots[${i}]; let sharpTotal = sharpTotals[${i}];` : ''}`;
}

/**
 * Statements that define y, v, s, c = 1 - s, log s and log c of class `k` in `row`, and with a temperature t; a sigmoid
 * also has tc = 1 - t.
 */
export function element({ activation, tempered }: PixelForm): string {
  const labels = 'let v = vOf(row, k); let y = yOf(row, k);';
  if (activation === 'none') return labels;
  if (activation === 'softmax')
    return `${labels}
      let z = zOf(row, k);
      let ahead = z - high;
      let s = exp(ahead) / (1.0 + rest);
      let c = select(1.0 - s, rest / (1.0 + rest), ahead == 0.0);
      let logS = ahead - logTotal;
      let logC = select(log(max(c, 1e-30)), logOnePlus(-s), c > 0.5);
      ${tempered ? 'let t = exp(uniforms.temperature * (z - pivot)) / sharpTotal;' : ''}`;
  return `${labels}
      let z = zOf(row, k);
      let e = exp(-abs(z));
      let s = select(e, 1.0, z >= 0.0) / (1.0 + e);
      let c = select(1.0, e, z >= 0.0) / (1.0 + e);
      let logS = min(z, 0.0) - logOnePlus(e);
      let logC = min(-z, 0.0) - logOnePlus(e);
      ${
        tempered
          ? `let sharp = uniforms.temperature * z;
             let f = exp(-abs(sharp));
             let t = select(f, 1.0, sharp >= 0.0) / (1.0 + f);
             let tc = select(1.0, f, sharp >= 0.0) / (1.0 + f);`
          : ''
      }`;
}
