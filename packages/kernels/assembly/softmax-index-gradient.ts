// The gradient of `softmax-index-sums`, with the scratch that `softmaxIndexScratch` counts.
import { TABLE, writeTable } from './exponential';
import { multiplyAdd } from './multiply-add';
import { blockLabels, NONE_SEEN, SOME_SEEN } from './block-labels';
import { addTempered, combine, combineRows } from './combine-rows';
import { BLOCK, fromRows, invert, keptOrComputed, ROW, storeRow, temperedRows } from './region-block';
import { firstPixel, imageOf, lastPixel } from './region-parts';
import {
  DIFFERENCE, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED, PREDICTED_SQUARES, slotOf, TEMPERED,
} from './region-slots';

/** The factors dy of a statistic for one image, 0 if it is not wanted. */
// @ts-ignore: decorator of AssemblyScript
@inline
function factorsOf(dy: usize, slots: usize, statistic: i32, plane: usize, image: usize): usize {
  const slot = slotOf(slots, statistic);
  return slot < 0 ? 0 : dy + <usize>slot * plane + image;
}

// @ts-ignore: decorator of AssemblyScript
@inline
function factorAt(factors: usize, k: usize): f32 {
  return factors == 0 ? 0 : load<f32>(factors + k);
}

/** mean = inverse Σ_k a_k e_k */
function meanFactors(e: usize, inverse: usize, mean: usize, a: usize, classes: i32): void {
  let sum = f32x4.splat(0);
  let sum1 = sum;
  let sum2 = sum;
  let sum3 = sum;
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const factor = v128.load32_splat(a);
    sum = multiplyAdd(v128.load(e), factor, sum);
    sum1 = multiplyAdd(v128.load(e, 16), factor, sum1);
    sum2 = multiplyAdd(v128.load(e, 32), factor, sum2);
    sum3 = multiplyAdd(v128.load(e, 48), factor, sum3);
    a += 4;
  }
  storeRow(mean, sum, sum1, sum2, sum3);
  for (const end = mean + ROW; mean < end; mean += 16) {
    v128.store(mean, f32x4.mul(v128.load(inverse), v128.load(mean)));
    inverse += 16;
  }
}

/** mean = inverse Σ_k e_k (a_k + c_k e_k · inverse) */
function meanOfSquares(e: usize, inverse: usize, mean: usize, a: usize, c: usize, classes: i32): void {
  const end = e + <usize>classes * ROW;
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const scale = v128.load(inverse + lane);
    let sum = f32x4.splat(0);
    let k: usize = 0;
    for (let at = e + lane; at < end; at += ROW) {
      const factor = multiplyAdd(v128.load32_splat(c + k), f32x4.mul(v128.load(at), scale), v128.load32_splat(a + k));
      sum = multiplyAdd(v128.load(at), factor, sum);
      k += 4;
    }
    v128.store(mean + lane, f32x4.mul(scale, sum));
  }
}

/** g = s (a + c s - mean) + v d with s = e · inverse, in place of e */
// prettier-ignore
function combineAll(e: usize, inverse: usize, mean: usize, v: usize, a: usize, c: usize, d: usize, classes: i32): void {
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const constant = v128.load32_splat(a);
    const square = v128.load32_splat(c);
    const added = v128.load32_splat(d);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const s = f32x4.mul(v128.load(e + lane), v128.load(inverse + lane));
      const factor = multiplyAdd(square, s, f32x4.sub(constant, v128.load(mean + lane)));
      v128.store(e + lane, multiplyAdd(v128.load(v + lane), added, f32x4.mul(s, factor)));
    }
    a += 4;
    c += 4;
    d += 4;
  }
}

/**
 * What the labels add to their own s and log s, into `own` and, as it goes through the softmax with the rest, to `mean`: of the label that all
 * pixels of the block have, whose factors are given.
 */
function addOwnRow(e: usize, inverse: usize, mean: usize, own: usize, linear: f32, square: f32, log: f32, logSums: f32): void {
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const s = f32x4.mul(v128.load(e + lane), v128.load(inverse + lane));
    const slope = f32x4.add(f32x4.splat(linear), f32x4.mul(s, f32x4.splat(square)));
    const value = f32x4.add(f32x4.mul(s, slope), f32x4.splat(log));
    v128.store(own + lane, value);
    v128.store(mean + lane, f32x4.add(f32x4.add(v128.load(mean + lane), value), f32x4.splat(logSums)));
  }
}

/** Adds a row to the labels of rows (`step` from pixel to pixel is 4) or of pixels. */
function addToLabels(own: usize, labels: usize, g: usize, classStep: usize, step: usize, count: i32): void {
  for (const end = own + (<usize>count << 2); own < end; own += 4) {
    const label = load<i32>(labels);
    if (label >= 0) {
      const at = g + <usize>label * classStep;
      store<f32>(at, load<f32>(at) + load<f32>(own));
    }
    labels += 4;
    g += step;
  }
}

/** row *= factor */
function scaleRow(row: usize, factor: f32): void {
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    v128.store(row + lane, f32x4.mul(v128.load(row + lane), f32x4.splat(factor)));
  }
}

/**
 * The gradient of the logits, out [B, N, K], given dy [S, B, K]: one pass. Unless `kept` is 0, the exponentials of each full block are there in
 * rows; `out` may be the same place.
 */
// prettier-ignore
export function softmaxIndexGradient(
  logits: usize, indices: usize, kept: usize, dy: usize, out: usize, slots: usize, batch: i32, pixels: i32, classes: i32, temperature: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>classes * ROW;
  const row = <usize>classes << 2;
  const table = scratch;
  const sharp = table + TABLE;
  writeTable(table, 1);
  writeTable(sharp, temperature);
  const z = sharp + TABLE;
  const e = z + size;
  const t = e + size;
  const v = t + size;
  const total = v + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  const mean = inverse + ROW;
  const own = mean + ROW;
  const labels = own + ROW;
  // Factors by class: of s, of s², of every log s; of the label's s, its s² and its log s.
  const a = labels + ROW;
  const c = a + row;
  const d = c + row;
  const ownLinear = d + row;
  const ownSquare = ownLinear + row;
  const ownLog = ownSquare + row;
  const plane = <usize>batch * row;
  const zero = f32x4.splat(0);
  for (let part = first; part < end; part++) {
    const image = <usize>imageOf(part, pixels) * row;
    const predicted = factorsOf(dy, slots, PREDICTED, plane, image);
    const squares = factorsOf(dy, slots, PREDICTED_SQUARES, plane, image);
    const overlap = factorsOf(dy, slots, OVERLAP, plane, image);
    const overlapSquares = factorsOf(dy, slots, OVERLAP_SQUARES, plane, image);
    const difference = factorsOf(dy, slots, DIFFERENCE, plane, image);
    const likelihood = factorsOf(dy, slots, LOG_LIKELIHOOD, plane, image);
    const logSum = factorsOf(dy, slots, LOG_SUM, plane, image);
    const tempered = factorsOf(dy, slots, TEMPERED, plane, image);
    const apart = tempered != 0 && temperature != 1;
    const linear = predicted != 0 || difference != 0 || (tempered != 0 && !apart);
    const everywhere = squares != 0 || logSum != 0;
    let logSums: f32 = 0;
    for (let k: usize = 0; k < row; k += 4) {
      // |s - y| is s, and at the label 1 - s.
      store<f32>(a + k, factorAt(predicted, k) + factorAt(difference, k) + (apart ? 0 : factorAt(tempered, k)));
      store<f32>(c + k, 2 * factorAt(squares, k));
      store<f32>(d + k, factorAt(logSum, k));
      store<f32>(ownLinear + k, factorAt(overlap, k) - 2 * factorAt(difference, k));
      store<f32>(ownSquare + k, 2 * factorAt(overlapSquares, k));
      store<f32>(ownLog + k, factorAt(likelihood, k));
      logSums += factorAt(logSum, k);
    }
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const to = out + <usize>pixel * row;
      const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, v);
      if (kind == NONE_SEEN) {
        memory.fill(to, 0, <usize>count * row);
        continue;
      }
      keptOrComputed(kept, logits, <usize>pixel * row, z, e, v, kind != SOME_SEEN, total, largest, count, classes, table);
      invert(v, total, inverse);
      if (apart) temperedRows(z, e, t, total, largest, classes, temperature, sharp);
      if (squares != 0) meanOfSquares(e, inverse, mean, a, c, classes);
      else if (linear || everywhere) meanFactors(e, inverse, mean, a, classes);
      else storeRow(mean, zero, zero, zero, zero);
      if (kind >= 0) {
        const k = <usize>kind << 2;
        const log = load<f32>(ownLog + k);
        addOwnRow(e + <usize>kind * ROW, inverse, mean, own, load<f32>(ownLinear + k), load<f32>(ownSquare + k), log, logSums);
      } else {
        for (let i: usize = 0; i < ROW; i += 4) {
          const label = load<i32>(labels + i);
          if (label < 0) continue;
          const k = <usize>label << 2;
          const s = load<f32>(e + <usize>label * ROW + i) * load<f32>(inverse + i);
          const value = s * (load<f32>(ownLinear + k) + s * load<f32>(ownSquare + k)) + load<f32>(ownLog + k);
          store<f32>(own + i, value);
          store<f32>(mean + i, load<f32>(mean + i) + value + logSums);
        }
      }
      if (!everywhere && !apart) {
        combine(e, inverse, mean, a, to, count, classes);
        addToLabels(own, labels, to, 4, row, count);
        continue;
      }
      if (everywhere) combineAll(e, inverse, mean, v, a, c, d, classes);
      else combineRows(e, inverse, mean, a, classes);
      addToLabels(own, labels, e, ROW, 4, count);
      if (apart) {
        invert(v, total, inverse);
        meanFactors(t, inverse, mean, tempered, classes);
        scaleRow(inverse, temperature);
        addTempered(e, t, inverse, mean, tempered, to, count, classes);
      } else {
        fromRows(e, to, count, classes);
      }
    }
  }
}
