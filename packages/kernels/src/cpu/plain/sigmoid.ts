import { type RegionKernelAttributes, type StatisticName } from '@segloss/losses';

import { PixelLabels, withoutIgnoredChannels, type PixelArrays } from './pixels.js';
import { derivativeRows, sumStatistics, type AddTable, type Row, type StatisticRows } from './rows.js';
import { SigmoidRow } from './sigmoid-row.js';

/** What is known of one pixel after another. */
interface Pixel {
  readonly labels: PixelLabels;
  readonly sigmoid: SigmoidRow;
  /** At the temperature. */
  readonly tempered: SigmoidRow;
}

/** Adds what a pixel gives to the sums of a statistic. */
const ADD: AddTable<Pixel> = {
  count: (sum, { labels: { v } }) => addRow(sum, v),
  target: (sum, { labels: { y } }) => addRow(sum, y),
  targetSquares: (sum, { labels: { y } }) => addProduct(sum, y, y),
  predicted: (sum, { labels: { v }, sigmoid: { s } }) => addProduct(sum, v, s),
  predictedSquares: (sum, { labels: { v }, sigmoid: { s } }) => addProductOfThree(sum, v, s, s),
  overlap: (sum, { labels: { y }, sigmoid: { s } }) => addProduct(sum, y, s),
  overlapSquares: (sum, { labels: { y }, sigmoid: { s } }) => addProductOfThree(sum, y, s, s),
  difference: (sum, { labels: { y, v }, sigmoid: { s } }) => {
    for (let k = 0; k < sum.length; k++) sum[k]! += v[k]! * Math.abs(s[k]! - y[k]!);
  },
  logLikelihood: (sum, { labels: { y }, sigmoid: { logS } }) => addProduct(sum, y, logS),
  logSum: (sum, { labels: { v }, sigmoid: { logS } }) => addProduct(sum, v, logS),
  tempered: (sum, { labels: { v }, tempered: { s } }) => addProduct(sum, v, s),
  predictedComplement: (sum, { labels: { v }, sigmoid: { c } }) => addProduct(sum, v, c),
  temperedComplement: (sum, { labels: { v }, tempered: { c } }) => addProduct(sum, v, c),
  complementLogLikelihood: (sum, { labels: { y, v }, sigmoid: { logC } }) => {
    for (let k = 0; k < sum.length; k++) sum[k]! += (v[k]! - y[k]!) * logC[k]!;
  },
  complementLogSum: (sum, { labels: { v }, sigmoid: { logC } }) => addProduct(sum, v, logC),
};

const TEMPERED: readonly StatisticName[] = ['tempered', 'temperedComplement'];
const WITHOUT_LOGITS: readonly StatisticName[] = ['count', 'target', 'targetSquares'];
const LOGARITHMS: readonly StatisticName[] = ['logLikelihood', 'logSum', 'complementLogLikelihood', 'complementLogSum']; // prettier-ignore

/** Every sum that is asked for, with s = sigmoid(z), into out `[S, B, K]`; adds in float64. */
export function sigmoidSums(
  arrays: PixelArrays,
  { statistics, temperature }: RegionKernelAttributes,
  out: Float32Array,
): void {
  const logarithms = statistics.some((name) => LOGARITHMS.includes(name));
  const sharp = statistics.some((name) => TEMPERED.includes(name));
  const plain = statistics.some((name) => ![...TEMPERED, ...WITHOUT_LOGITS].includes(name));
  const pixel = pixelOf(arrays, temperature, logarithms);
  sumStatistics(arrays, statistics, ADD, pixel, out, (at) => {
    if (plain) pixel.sigmoid.read(at);
    if (sharp) pixel.tempered.read(at);
  });
}

/** The gradient of the logits into out `[B, N, K]`, given dy `[S, B, K]`. */
export function sigmoidGradient(
  arrays: PixelArrays,
  { statistics, temperature }: RegionKernelAttributes,
  dy: Float32Array,
  out: Float32Array,
): void {
  const { batch, pixels, classes } = arrays;
  const sharp = statistics.some((name) => TEMPERED.includes(name));
  const pixel = pixelOf(arrays, temperature, false);
  out.fill(0);
  for (let b = 0; b < batch; b++) {
    const derivatives = derivativeRows(dy, statistics, { b, batch, classes });
    for (let i = b * pixels; i < (b + 1) * pixels; i++) {
      if (!pixel.labels.read(i)) continue;
      pixel.sigmoid.read(i * classes);
      writeGradient(pixel, derivatives, i * classes, out);
      if (!sharp) continue;
      pixel.tempered.read(i * classes);
      addTempered(pixel, derivatives, temperature, i * classes, out);
    }
  }
}

/** ∂s = s c, ∂c = -s c, ∂log s = c, ∂log c = -s, each with the derivative by it. */
function writeGradient(
  { labels: { y, v }, sigmoid: { s, c } }: Pixel,
  d: StatisticRows,
  at: number,
  out: Float32Array,
): void {
  for (let k = 0; k < s.length; k++) {
    const p = s[k]!;
    const onS =
      v[k]! * (d.predicted[k]! - d.predictedComplement[k]! + 2 * p * d.predictedSquares[k]!) +
      y[k]! * (d.overlap[k]! + 2 * p * d.overlapSquares[k]!) +
      v[k]! * d.difference[k]! * Math.sign(p - y[k]!);
    const onLogS = y[k]! * d.logLikelihood[k]! + v[k]! * d.logSum[k]!;
    const onLogC = (v[k]! - y[k]!) * d.complementLogLikelihood[k]! + v[k]! * d.complementLogSum[k]!;
    out[at + k] = p * c[k]! * onS + c[k]! * onLogS - p * onLogC;
  }
}

function addTempered(
  { labels: { v }, tempered: { s, c } }: Pixel,
  { tempered, temperedComplement }: StatisticRows,
  temperature: number,
  at: number,
  out: Float32Array,
): void {
  for (let k = 0; k < s.length; k++) {
    out[at + k]! += temperature * s[k]! * c[k]! * v[k]! * (tempered[k]! - temperedComplement[k]!);
  }
}

function pixelOf(arrays: PixelArrays, temperature: number, logarithms: boolean): Pixel {
  const z = withoutIgnoredChannels(arrays, 'sigmoid');
  return {
    labels: new PixelLabels(arrays),
    sigmoid: new SigmoidRow(z, arrays.classes, 1, logarithms),
    tempered: new SigmoidRow(z, arrays.classes, temperature, false),
  };
}

function addRow(sum: Row, a: Row): void {
  for (let k = 0; k < sum.length; k++) sum[k]! += a[k]!;
}

function addProduct(sum: Row, a: Row, b: Row): void {
  for (let k = 0; k < sum.length; k++) sum[k]! += a[k]! * b[k]!;
}

function addProductOfThree(sum: Row, a: Row, b: Row, c: Row): void {
  for (let k = 0; k < sum.length; k++) sum[k]! += a[k]! * b[k]! * c[k]!;
}
