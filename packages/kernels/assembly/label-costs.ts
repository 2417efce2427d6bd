// Costs of a softmax that are a function φ of the label's probability s, where labels are class indices: sums over the pixels of each class.
import { blockLabels, NONE_SEEN, SOME_SEEN } from './block-labels';
import { scaleRows } from './combine-rows';
import { exp4, log4, TABLE, writeTable } from './exponential';
import { softmaxFactor4, softmaxSlope4, wholeOf } from './focal';
import { BLOCK, exponentialsBelow, invert, keptOrComputed, logarithms, logitsToRows, ROW, storeRow, sumOfLanes } from './region-block';
import { firstPixel, imageOf, lastPixel } from './region-parts';

// The costs, as src/wasm/losses/label-costs.ts numbers them; p is the parameter.
/** -(1-s)^p log s */
export const FOCAL = 0;
/** -log s + p (1-s) */
const POLY = 1;
/** (1 - s^p) / p */
const GENERALIZED = 2;
/** -log s where s < p */
const BELOW = 3;
/** -max(log s, p) */
const CLIPPED = 4;

/** -φ of four pixels */
// @ts-ignore: decorator of AssemblyScript
@inline
function negativeCost4(cost: i32, s: v128, logS: v128, p: v128, whole: i32, table: usize): v128 {
  const one = f32x4.splat(1);
  if (cost == FOCAL) return f32x4.mul(softmaxFactor4(f32x4.sub(one, s), p, whole, table), logS);
  if (cost == POLY) return f32x4.sub(logS, f32x4.mul(p, f32x4.sub(one, s)));
  if (cost == GENERALIZED) return f32x4.div(f32x4.sub(exp4(f32x4.mul(p, logS), table), one), p);
  if (cost == BELOW) return v128.and(f32x4.lt(s, p), logS);
  return f32x4.pmax(logS, p);
}

/** The derivative of φ by log s, s φ'(s). */
// @ts-ignore: decorator of AssemblyScript
@inline
function slope4(cost: i32, s: v128, p: v128, whole: i32, table: usize): v128 {
  const minus = f32x4.splat(-1);
  if (cost == POLY) return f32x4.sub(minus, f32x4.mul(p, s));
  if (cost == BELOW) return v128.and(f32x4.lt(s, p), minus);
  const logS = log4(f32x4.pmax(s, f32x4.splat(1e-30)), table);
  if (cost == FOCAL) return softmaxSlope4(s, logS, p, whole, table);
  if (cost == GENERALIZED) return f32x4.neg(exp4(f32x4.mul(p, logS), table));
  return v128.and(f32x4.gt(logS, p), minus);
}

/** Bytes of scratch: a table, two blocks of rows, and nine rows. */
export function labelCostScratch(classes: i32): i32 {
  return TABLE + (2 * classes + 9) * <i32>ROW;
}

/** s = e · inverse of each pixel's label, 0 where it has none; `kind` is what `blockLabels` says. */
function ofLabels(e: usize, inverse: usize, labels: usize, kind: i32, s: usize): void {
  if (kind >= 0) {
    const own = e + <usize>kind * ROW;
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      v128.store(s + lane, f32x4.mul(v128.load(own + lane), v128.load(inverse + lane)));
    }
    return;
  }
  for (let i: usize = 0; i < ROW; i += 4) {
    const label = load<i32>(labels + i);
    store<f32>(s + i, label < 0 ? 0 : load<f32>(e + <usize>label * ROW + i) * load<f32>(inverse + i));
  }
}

/** log s = z - logs of each pixel's label, in the same way */
function logsOfLabels(z: usize, logs: usize, labels: usize, kind: i32, logS: usize): void {
  if (kind >= 0) {
    const own = z + <usize>kind * ROW;
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      v128.store(logS + lane, f32x4.sub(v128.load(own + lane), v128.load(logs + lane)));
    }
    return;
  }
  for (let i: usize = 0; i < ROW; i += 4) {
    const label = load<i32>(labels + i);
    store<f32>(logS + i, label < 0 ? 0 : load<f32>(z + <usize>label * ROW + i) - load<f32>(logs + i));
  }
}

/** Adds -costs of a block, and how many of its pixels count, to the sums of the label that all have. */
function addRow(costs: usize, s: usize, to: usize, classes: i32, cost: i32, limit: v128): void {
  let sum: f64 = 0;
  let few = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    sum += sumOfLanes(v128.load(costs + lane));
    few = f32x4.add(few, cost == BELOW ? v128.and(one, f32x4.lt(v128.load(s + lane), limit)) : one);
  }
  store<f64>(to, load<f64>(to) - sum);
  if (cost == FOCAL) return;
  const count = to + (<usize>classes << 3);
  store<f64>(count, load<f64>(count) + sumOfLanes(few));
}

/**
 * Σ φ, and how many pixels count, float64 [P, 2, K] at `partial`; of FOCAL the second are 0. Unless `kept` is 0, the exponentials exp(z - max) of the
 * blocks that are full and not ignored as a whole are written there, each where its pixels will be, in rows.
 */
// prettier-ignore
export function labelCostSums(
  logits: usize, indices: usize, kept: usize, partial: usize, pixels: i32, classes: i32, cost: i32, parameter: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const e = z + <usize>classes * ROW;
  const v = e + <usize>classes * ROW;
  const total = v + ROW;
  const largest = total + ROW;
  const logs = largest + ROW;
  const inverse = logs + ROW;
  const labels = inverse + ROW;
  const s = labels + ROW;
  const costs = s + ROW;
  const p = f32x4.splat(parameter);
  const whole = wholeOf(parameter);
  for (let part = first; part < end; part++) {
    const sums = partial + (<usize>(2 * part * classes) << 3);
    memory.fill(sums, 0, <usize>classes << 4);
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, v);
      if (kind == NONE_SEEN) continue;
      const at = <usize>(pixel * classes) << 2;
      const rows = kept != 0 && count == BLOCK ? kept + at : e;
      logitsToRows(logits + at, z, v, kind != SOME_SEEN, largest, count, classes);
      exponentialsBelow(z, rows, total, largest, classes, table);
      logarithms(largest, total, logs, table);
      invert(v, total, inverse);
      ofLabels(rows, inverse, labels, kind, s);
      logsOfLabels(z, logs, labels, kind, costs);
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        const negative = negativeCost4(cost, v128.load(s + lane), v128.load(costs + lane), p, whole, table);
        v128.store(costs + lane, negative);
      }
      if (kind >= 0) {
        addRow(costs, s, sums + (<usize>kind << 3), classes, cost, p);
        continue;
      }
      for (let i: usize = 0; i < ROW; i += 4) {
        const label = load<i32>(labels + i);
        if (label < 0) continue;
        const to = sums + (<usize>label << 3);
        store<f64>(to, load<f64>(to) - <f64>load<f32>(costs + i));
        if (cost == FOCAL || (cost == BELOW && !(load<f32>(s + i) < parameter))) continue;
        const count = to + (<usize>classes << 3);
        store<f64>(count, load<f64>(count) + 1);
      }
    }
  }
}

/**
 * The gradient of the logits, out [B, N, K], given dy [2, B, K], of which the second half has no part. Unless `kept` is 0, the exponentials of each
 * full block are there in rows; `out` may be the same place.
 */
// prettier-ignore
export function labelCostGradient(
  logits: usize, indices: usize, kept: usize, dy: usize, out: usize, batch: i32, pixels: i32, classes: i32, cost: i32,
  parameter: f32, scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const e = z + <usize>classes * ROW;
  const v = e + <usize>classes * ROW;
  const total = v + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  const labels = inverse + ROW;
  const s = labels + ROW;
  const onLog = s + ROW;
  const factors = onLog + ROW;
  const row = <usize>classes << 2;
  const p = f32x4.splat(parameter);
  const whole = wholeOf(parameter);
  for (let part = first; part < end; part++) {
    const ofClasses = dy + <usize>imageOf(part, pixels) * row;
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
      ofLabels(e, inverse, labels, kind, s);
      if (kind >= 0) {
        const factor = v128.load32_splat(ofClasses + (<usize>kind << 2));
        storeRow(onLog, factor, factor, factor, factor);
      } else {
        for (let i: usize = 0; i < ROW; i += 4) {
          const label = load<i32>(labels + i);
          store<f32>(onLog + i, label < 0 ? 0 : load<f32>(ofClasses + (<usize>label << 2)));
        }
      }
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        const derivative = f32x4.mul(v128.load(onLog + lane), slope4(cost, v128.load(s + lane), p, whole, table));
        v128.store(onLog + lane, derivative);
        v128.store(factors + lane, f32x4.neg(f32x4.mul(derivative, v128.load(inverse + lane))));
      }
      scaleRows(e, factors, to, count, classes);
      for (let i = 0; i < count; i++) {
        const label = load<i32>(labels + (<usize>i << 2));
        if (label < 0) continue;
        const at = to + <usize>i * row + (<usize>label << 2);
        store<f32>(at, load<f32>(at) + load<f32>(onLog + (<usize>i << 2)));
      }
    }
  }
}
