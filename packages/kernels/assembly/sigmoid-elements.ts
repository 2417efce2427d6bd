// Region statistics of a sigmoid, whose channels know nothing of each other.
import { elementBytes, flushElements, groupsOf, loadElements, sigmoids, sigmoidsAndLogs } from './elements';
import { TABLE, writeTable } from './exponential';
import { multiplyAdd } from './multiply-add';
import { firstPixel, imageOf, lastPixel } from './region-parts';
import {
  COMPLEMENT_LOG_LIKELIHOOD, COMPLEMENT_LOG_SUM, DIFFERENCE, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED,
  PREDICTED_COMPLEMENT, PREDICTED_SQUARES, sign4, STATISTICS, TEMPERED, TEMPERED_COMPLEMENT,
} from './region-slots';
import { addTerms } from './generated/add-terms';
import { factorOf, has } from './region-terms';

/** Groups of four pixels that are added in float32 before they go to float64. */
const RUN: i32 = 64;

/** Bytes of scratch: two tables, nine lots of elements, and four lanes of each sum, or of ten factors, for each class. */
export function sigmoidScratch(classes: i32): i32 {
  return 2 * TABLE + 9 * elementBytes(classes) + 16 * STATISTICS * classes;
}

/** The sums that have a slot, float64 [P, S, K] at `partial`: a few pixels are summed in float32 and these in float64. */
// prettier-ignore
export function sigmoidSums(
  logits: usize, target: usize, valid: usize, indices: usize, partial: usize, slots: usize, statistics: i32, pixels: i32,
  classes: i32, validRows: i32, temperature: f32, scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>elementBytes(classes);
  const table = scratch;
  const sharp = table + TABLE;
  writeTable(table, 1);
  writeTable(sharp, temperature);
  const z = sharp + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const logS = c + size;
  const logC = logS + size;
  const t = logC + size;
  const tc = t + size;
  const lanes = tc + size;
  const step = <usize>classes << 4;
  const groups = groupsOf(classes);
  const wantLogs =
    has(slots, LOG_LIKELIHOOD) || has(slots, LOG_SUM) || has(slots, COMPLEMENT_LOG_LIKELIHOOD) || has(slots, COMPLEMENT_LOG_SUM);
  const wantTempered = has(slots, TEMPERED) || has(slots, TEMPERED_COMPLEMENT);
  const tempered = temperature != 1 ? t : s;
  const temperedComplement = temperature != 1 ? tc : c;
  for (let part = first; part < end; part++) {
    const sums = partial + (<usize>(part * statistics * classes) << 3);
    memory.fill(sums, 0, <usize>(statistics * classes) << 3);
    memory.fill(lanes, 0, <usize>(statistics * classes) << 4);
    let run = 0;
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += 4 * groups) {
      const count = min(4 * groups, last - pixel);
      const filled = (count + 3) >> 2;
      const bytes = <usize>filled * step;
      loadElements(logits, target, valid, indices, pixel, count, classes, validRows, z, y, v);
      if (wantLogs) sigmoidsAndLogs(z, s, c, logS, logC, bytes, table);
      else sigmoids(z, s, c, bytes, table);
      if (wantTempered && temperature != 1) sigmoids(z, t, tc, bytes, sharp);
      addTerms(slots, lanes, classes, filled, step, 16, 16, y, v, s, c, logS, logC, tempered, temperedComplement);
      run += filled;
      if (run >= RUN) {
        run = 0;
        flushElements(lanes, sums, statistics, classes);
      }
    }
    flushElements(lanes, sums, statistics, classes);
  }
}

/** The gradient of the logits, out [B, N, K], given dy [S, B, K]: one pass. */
// prettier-ignore
export function sigmoidGradient(
  logits: usize, target: usize, valid: usize, indices: usize, dy: usize, out: usize, slots: usize, batch: i32, pixels: i32,
  classes: i32, validRows: i32, temperature: f32, scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>elementBytes(classes);
  const table = scratch;
  const sharp = table + TABLE;
  writeTable(table, 1);
  writeTable(sharp, temperature);
  const z = sharp + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const t = c + size;
  const tc = t + size;
  const g = tc + size;
  const factors = g + size;
  const step = <usize>classes << 4;
  const row = <usize>classes << 2;
  const plane = <usize>batch * row;
  const groups = groupsOf(classes);
  const tempered = (has(slots, TEMPERED) || has(slots, TEMPERED_COMPLEMENT)) && temperature != 1;
  const onlyLinear = !has(slots, PREDICTED_SQUARES) && !has(slots, OVERLAP_SQUARES) && !has(slots, DIFFERENCE);
  for (let part = first; part < end; part++) {
    writeFactors(factors, dy, slots, plane, <usize>imageOf(part, pixels) * row, classes, temperature);
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += 4 * groups) {
      const count = min(4 * groups, last - pixel);
      const bytes = <usize>((count + 3) >> 2) * step;
      loadElements(logits, target, valid, indices, pixel, count, classes, validRows, z, y, v);
      sigmoids(z, s, c, bytes, table);
      for (let j: usize = 0; j < step; j += 16) {
        if (onlyLinear) slopes(false, factors + j, step, bytes, y + j, v + j, s + j, c + j, g + j);
        else slopes(true, factors + j, step, bytes, y + j, v + j, s + j, c + j, g + j);
      }
      if (tempered) {
        sigmoids(z, t, tc, bytes, sharp);
        for (let j: usize = 0; j < step; j += 16) addTempered(v128.load(factors + 9 * step + j), step, bytes, v + j, t + j, tc + j, g + j);
      }
      memory.copy(out + <usize>pixel * row, g, <usize>count * row);
    }
  }
}

/** Ten factors for each element of four pixels as they lie. */
function writeFactors(factors: usize, dy: usize, slots: usize, plane: usize, image: usize, classes: i32, temperature: f32): void {
  const step = <usize>classes << 4;
  for (let i = 0; i < 4 * classes; i++) {
    const at = image + (<usize>(i % classes) << 2);
    const to = factors + (<usize>i << 2);
    const onT = temperature * (factorOf(dy, slots, TEMPERED, plane, at) - factorOf(dy, slots, TEMPERED_COMPLEMENT, plane, at));
    const onS = factorOf(dy, slots, PREDICTED, plane, at) - factorOf(dy, slots, PREDICTED_COMPLEMENT, plane, at);
    store<f32>(to, temperature == 1 ? onS + onT : onS);
    store<f32>(to + step, factorOf(dy, slots, OVERLAP, plane, at));
    store<f32>(to + 2 * step, factorOf(dy, slots, LOG_LIKELIHOOD, plane, at));
    store<f32>(to + 3 * step, factorOf(dy, slots, LOG_SUM, plane, at));
    store<f32>(to + 4 * step, factorOf(dy, slots, COMPLEMENT_LOG_LIKELIHOOD, plane, at));
    store<f32>(to + 5 * step, factorOf(dy, slots, COMPLEMENT_LOG_SUM, plane, at));
    store<f32>(to + 6 * step, 2 * factorOf(dy, slots, PREDICTED_SQUARES, plane, at));
    store<f32>(to + 7 * step, 2 * factorOf(dy, slots, OVERLAP_SQUARES, plane, at));
    store<f32>(to + 8 * step, factorOf(dy, slots, DIFFERENCE, plane, at));
    store<f32>(to + 9 * step, onT);
  }
}

/** g = s c (derivative by s) + c (by log s) - s (by log(1-s)) of the elements of one vector of channels */
// @ts-ignore: decorator
// prettier-ignore
@inline
function slopes(squares: bool, factors: usize, step: usize, bytes: usize, y: usize, v: usize, s: usize, c: usize, g: usize): void {
  const predicted = v128.load(factors);
  const overlap = v128.load(factors + step);
  const likelihood = v128.load(factors + 2 * step);
  const logSum = v128.load(factors + 3 * step);
  const complementLikelihood = v128.load(factors + 4 * step);
  const complementLogSum = v128.load(factors + 5 * step);
  for (let at: usize = 0; at < bytes; at += step) {
    const yy = v128.load(y + at);
    const vv = v128.load(v + at);
    const ss = v128.load(s + at);
    const cc = v128.load(c + at);
    let onS = multiplyAdd(vv, predicted, f32x4.mul(yy, overlap));
    if (squares) {
      const twice = multiplyAdd(vv, v128.load(factors + 6 * step), f32x4.mul(yy, v128.load(factors + 7 * step)));
      const apart = f32x4.mul(f32x4.mul(vv, sign4(f32x4.sub(ss, yy))), v128.load(factors + 8 * step));
      onS = f32x4.add(multiplyAdd(ss, twice, onS), apart);
    }
    const onLog = multiplyAdd(yy, likelihood, f32x4.mul(vv, logSum));
    const onLogC = multiplyAdd(f32x4.sub(vv, yy), complementLikelihood, f32x4.mul(vv, complementLogSum));
    v128.store(g + at, f32x4.sub(f32x4.mul(cc, multiplyAdd(ss, onS, onLog)), f32x4.mul(ss, onLogC)));
  }
}

/** g += v T t (1 - t) (derivative by t) */
// @ts-ignore: decorator
@inline
function addTempered(factor: v128, step: usize, bytes: usize, v: usize, t: usize, tc: usize, g: usize): void {
  for (let at: usize = 0; at < bytes; at += step) {
    const slope = f32x4.mul(v128.load(t + at), v128.load(tc + at));
    v128.store(g + at, multiplyAdd(f32x4.mul(v128.load(v + at), factor), slope, v128.load(g + at)));
  }
}
