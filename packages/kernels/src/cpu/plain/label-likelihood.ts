import { PixelLabels, type PixelArrays } from './pixels.js';
import { SoftmaxRow } from './rows.js';

/** log softmax(z) of each pixel's label into out `[B, N]`, 0 at ignored pixels. */
export function labelLikelihood(arrays: PixelArrays, out: Float32Array): void {
  const softmax = new SoftmaxRow(arrays.logits, arrays.classes, 1);
  out.fill(0);
  forEachLabel(arrays, (i, at, label) => {
    softmax.read(at);
    out[i] = softmax.z[at + label]! - softmax.logTotal();
  });
}

/** The gradient of the logits into out `[B, N, K]`, given dy `[B, N]`: dy (1 at the label - s). */
export function labelLikelihoodGradient(arrays: PixelArrays, dy: Float32Array, out: Float32Array): void {
  const { classes } = arrays;
  const softmax = new SoftmaxRow(arrays.logits, classes, 1);
  out.fill(0);
  forEachLabel(arrays, (i, at, label) => {
    softmax.read(at);
    const factor = -dy[i]! * softmax.inverse;
    for (let k = 0; k < classes; k++) out[at + k] = factor * softmax.e[k]!;
    out[at + label]! += dy[i]!;
  });
}

function forEachLabel(arrays: PixelArrays, use: (i: number, at: number, label: number) => void): void {
  const labels = new PixelLabels(arrays);
  const { batch, pixels, classes } = arrays;
  for (let i = 0; i < batch * pixels; i++) if (labels.read(i)) use(i, i * classes, labels.first);
}
