import { type RegionKernelAttributes, type StatisticName } from '@segloss/losses';

import { PixelLabels, withoutIgnoredChannels, type PixelArrays } from './pixels.js';
import { derivativeRows, sumStatistics, type AddTable, type Row, type StatisticRows } from './rows.js';
import { SoftmaxRow } from './softmax-row.js';

/** What is known of one pixel after another. */
interface Pixel {
  readonly z: Float32Array;
  /** Where its logits begin. */
  at: number;
  readonly labels: PixelLabels;
  readonly softmax: SoftmaxRow;
  /** log s_k = z_k - logTotal */
  logTotal: number;
  /** At the temperature. */
  readonly tempered: SoftmaxRow;
}

/** Adds what a pixel gives to the sums of a statistic. */
const ADD: AddTable<Pixel> = {
  count: (sum, { labels: { v } }) => {
    for (let k = 0; k < sum.length; k++) sum[k]! += v[k]!;
  },
  target: (sum, { labels: { y, first, end } }) => {
    for (let k = first; k < end; k++) sum[k]! += y[k]!;
  },
  targetSquares: (sum, { labels: { y, first, end } }) => {
    for (let k = first; k < end; k++) sum[k]! += y[k]! * y[k]!;
  },
  predicted: (sum, { labels: { v }, softmax }) => addProbabilities(sum, v, softmax),
  predictedSquares: (sum, { labels: { v }, softmax: { e, inverse } }) => {
    for (let k = 0; k < e.length; k++) sum[k]! += v[k]! * (e[k]! * inverse) ** 2;
  },
  overlap: (sum, { labels: { y, first, end }, softmax: { e, inverse } }) => {
    for (let k = first; k < end; k++) sum[k]! += y[k]! * e[k]! * inverse;
  },
  overlapSquares: (sum, { labels: { y, first, end }, softmax: { e, inverse } }) => {
    for (let k = first; k < end; k++) sum[k]! += y[k]! * (e[k]! * inverse) ** 2;
  },
  difference: (sum, { labels: { y, v }, softmax: { e, inverse } }) => {
    for (let k = 0; k < e.length; k++) sum[k]! += v[k]! * Math.abs(e[k]! * inverse - y[k]!);
  },
  logLikelihood: (sum, { labels: { y, first, end }, z, at, logTotal }) => {
    for (let k = first; k < end; k++) sum[k]! += y[k]! * (z[at + k]! - logTotal);
  },
  logSum: (sum, { labels: { v }, z, at, logTotal }) => {
    for (let k = 0; k < v.length; k++) sum[k]! += v[k]! * (z[at + k]! - logTotal);
  },
  tempered: (sum, { labels: { v }, tempered }) => addProbabilities(sum, v, tempered),
};

const OF_LABELS: readonly StatisticName[] = ['count', 'target', 'targetSquares'];
const OF_LOGARITHMS: readonly StatisticName[] = ['logLikelihood', 'logSum'];

/** Every sum that is asked for, with s = softmax(z), into out `[S, B, K]`; adds in float64. */
export function softmaxSums(
  arrays: PixelArrays,
  { statistics, temperature }: RegionKernelAttributes,
  out: Float32Array,
): void {
  const pixel = pixelOf(arrays, temperature);
  const plain = statistics.some((name) => name !== 'tempered' && !OF_LABELS.includes(name));
  const logs = statistics.some((name) => OF_LOGARITHMS.includes(name));
  const sharp = statistics.includes('tempered');
  sumStatistics(arrays, statistics, ADD, pixel, out, (at) => {
    pixel.at = at;
    if (plain) pixel.softmax.read(at);
    if (logs) pixel.logTotal = pixel.softmax.logTotal();
    if (sharp) pixel.tempered.read(at);
  });
}

/** The gradient of the logits into out `[B, N, K]`, given dy `[S, B, K]`. */
export function softmaxGradient(
  arrays: PixelArrays,
  { statistics, temperature }: RegionKernelAttributes,
  dy: Float32Array,
  out: Float32Array,
): void {
  const { batch, pixels, classes } = arrays;
  const pixel = pixelOf(arrays, temperature);
  const u = new Float64Array(classes);
  out.fill(0);
  for (let b = 0; b < batch; b++) {
    const derivatives = derivativeRows(dy, statistics, { b, batch, classes });
    const asked = (name: StatisticName) => statistics.includes(name);
    const [difference, logSum, tempered] = [asked('difference'), asked('logSum'), asked('tempered')];
    for (let i = b * pixels; i < (b + 1) * pixels; i++) {
      if (!pixel.labels.read(i)) continue;
      pixel.at = i * classes;
      pixel.softmax.read(pixel.at);
      writeGradient(pixel, derivatives, u, out);
      if (difference) addDifference(pixel, derivatives, out);
      if (logSum) addLogSum(pixel, derivatives, out);
      if (tempered) {
        pixel.tempered.read(pixel.at);
        addTempered(pixel, derivatives, temperature, out);
      }
    }
  }
}

/** s (u - Σ s u) + w - s Σ w with u and w the derivatives by s and by log s; here w is of labels only. */
function writeGradient(
  { labels: { y, v, first, end }, softmax: { e, inverse }, at }: Pixel,
  { predicted, predictedSquares, overlap, overlapSquares, logLikelihood }: StatisticRows,
  u: Row,
  out: Float32Array,
): void {
  let shared = 0;
  for (let k = 0; k < e.length; k++) {
    const s = e[k]! * inverse;
    u[k] = v[k]! * (predicted[k]! + 2 * s * predictedSquares[k]!);
    shared += s * u[k]!;
  }
  for (let k = first; k < end; k++) {
    const s = e[k]! * inverse;
    const onS = y[k]! * (overlap[k]! + 2 * s * overlapSquares[k]!);
    u[k]! += onS;
    shared += s * onS + y[k]! * logLikelihood[k]!;
  }
  for (let k = 0; k < e.length; k++) out[at + k] = e[k]! * inverse * (u[k]! - shared);
  for (let k = first; k < end; k++) out[at + k]! += y[k]! * logLikelihood[k]!;
}

/** The part of u that is v sign(s - y). */
function addDifference(
  { labels: { y, v }, softmax: { e, inverse }, at }: Pixel,
  { difference }: StatisticRows,
  out: Float32Array,
): void {
  const u = (k: number) => v[k]! * difference[k]! * Math.sign(e[k]! * inverse - y[k]!);
  let shared = 0;
  for (let k = 0; k < e.length; k++) shared += e[k]! * inverse * u(k);
  for (let k = 0; k < e.length; k++) out[at + k]! += e[k]! * inverse * (u(k) - shared);
}

/** The part of w that is v. */
function addLogSum(
  { labels: { v }, softmax: { e, inverse }, at }: Pixel,
  { logSum }: StatisticRows,
  out: Float32Array,
): void {
  let shared = 0;
  for (let k = 0; k < e.length; k++) shared += v[k]! * logSum[k]!;
  for (let k = 0; k < e.length; k++) out[at + k]! += v[k]! * logSum[k]! - e[k]! * inverse * shared;
}

/** T t (v - Σ t v), t = softmax(T z) */
function addTempered(
  { labels: { v }, tempered: { e, inverse }, at }: Pixel,
  { tempered }: StatisticRows,
  temperature: number,
  out: Float32Array,
): void {
  let shared = 0;
  for (let k = 0; k < e.length; k++) shared += e[k]! * inverse * v[k]! * tempered[k]!;
  for (let k = 0; k < e.length; k++) {
    out[at + k]! += temperature * e[k]! * inverse * (v[k]! * tempered[k]! - shared);
  }
}

function pixelOf(arrays: PixelArrays, temperature: number): Pixel {
  const z = withoutIgnoredChannels(arrays, 'softmax');
  const { classes } = arrays;
  return {
    z,
    at: 0,
    labels: new PixelLabels(arrays),
    softmax: new SoftmaxRow(z, classes, 1),
    logTotal: 0,
    tempered: new SoftmaxRow(z, classes, temperature),
  };
}

function addProbabilities(sum: Row, v: Row, { e, inverse }: SoftmaxRow): void {
  for (let k = 0; k < sum.length; k++) sum[k]! += v[k]! * e[k]! * inverse;
}
