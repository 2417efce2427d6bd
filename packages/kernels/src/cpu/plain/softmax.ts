import { SoftmaxRow, type PixelScores, type PixelValues } from './rows.js';

/** s = softmax(z), log s and t = softmax(T z) of one pixel after another. */
export function softmaxPixels({ z, classes, temperature, needs }: PixelScores): PixelValues {
  const softmax = new SoftmaxRow(z, classes, 1);
  const sharp = new SoftmaxRow(z, classes, temperature);
  const [s, logS, t] = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)];
  const [plain, logarithms, tempered] = [needs('s', 'logS'), needs('logS'), needs('t')];
  return {
    variables: { s, logS, t },
    read(at) {
      if (plain) {
        softmax.read(at);
        for (let k = 0; k < classes; k++) s[k] = softmax.e[k]! * softmax.inverse;
      }
      if (logarithms) {
        const total = softmax.logTotal();
        for (let k = 0; k < classes; k++) logS[k] = z[at + k]! - total;
      }
      if (tempered) {
        sharp.read(at);
        for (let k = 0; k < classes; k++) t[k] = sharp.e[k]! * sharp.inverse;
      }
    },
    addGradient(by, out, at) {
      if (by.s) {
        // s_k (u_k - Σ s u)
        let shared = 0;
        for (let k = 0; k < classes; k++) shared += s[k]! * by.s[k]!;
        for (let k = 0; k < classes; k++) out[at + k]! += s[k]! * (by.s[k]! - shared);
      }
      if (by.logS) {
        // w_k - s_k Σ w
        let shared = 0;
        for (let k = 0; k < classes; k++) shared += by.logS[k]!;
        for (let k = 0; k < classes; k++) out[at + k]! += by.logS[k]! - s[k]! * shared;
      }
      if (by.t) {
        // T t_k (u_k - Σ t u)
        let shared = 0;
        for (let k = 0; k < classes; k++) shared += t[k]! * by.t[k]!;
        for (let k = 0; k < classes; k++) out[at + k]! += temperature * t[k]! * (by.t[k]! - shared);
      }
    },
  };
}
