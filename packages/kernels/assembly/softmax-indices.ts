// Region statistics of a softmax where labels are class indices: what depends on the label is one number for a pixel and
// not one for each class, so that a class costs little more than its exponential.
import { TABLE, writeTable } from './exponential';
import { multiplyAdd } from './multiply-add';
import { addLanes, BLOCK, exponentials, fromRows, ROW, toRows } from './region-block';
import {
  COUNT, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED, PREDICTED_SQUARES, slotOf, STATISTICS, TARGET,
  TARGET_SQUARES, TEMPERED,
} from './region-slots';

/** Bytes of scratch: a table, three blocks of rows, four rows, and float64 sums. */
export function softmaxIndexScratch(classes: i32): i32 {
  return TABLE + classes * (3 * <i32>ROW + STATISTICS * 8) + 4 * <i32>ROW;
}

/** Logits to rows, and v = 1 where the label is a class; at ignored pixels, and beyond the last one, zeros: not even a NaN comes through. */
function loadPixels(logits: usize, indices: usize, count: i32, classes: i32, z: usize, v: usize): void {
  const length = <usize>classes * ROW;
  if (count < BLOCK) {
    memory.fill(z, 0, length);
    memory.fill(v, 0, ROW);
  }
  toRows(logits, z, count, classes);
  let ignored = count < BLOCK;
  for (let i = 0; i < count; i++) {
    const seen = load<i32>(indices + (<usize>i << 2)) >= 0;
    ignored = ignored || !seen;
    store<f32>(v + (<usize>i << 2), seen ? 1 : 0);
  }
  if (!ignored) return;
  const zero = f32x4.splat(0);
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const seen = f32x4.gt(v128.load(v + lane), zero);
    if (i32x4.all_true(seen)) continue;
    for (let row: usize = 0; row < length; row += ROW) {
      v128.store(z + row + lane, v128.and(seen, v128.load(z + row + lane)));
    }
  }
}

/** sums[k] += Σ e · inverse, and squares[k] the sum of its squares; 0: not wanted. */
function addProbabilities(e: usize, inverse: usize, sums: usize, squares: usize, classes: i32): void {
  for (let k = 0; k < classes; k++) {
    const row = e + <usize>k * ROW;
    let sum = f32x4.splat(0);
    let square = f32x4.splat(0);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const s = f32x4.mul(v128.load(row + lane), v128.load(inverse + lane));
      sum = f32x4.add(sum, s);
      if (squares != 0) square = f32x4.add(square, f32x4.mul(s, s));
    }
    if (sums != 0) addLanes(sums + (<usize>k << 3), sum);
    if (squares != 0) addLanes(squares + (<usize>k << 3), square);
  }
}

/** sums[k] += Σ v (z - logs) */
function addLogs(z: usize, v: usize, logs: usize, sums: usize, classes: i32): void {
  for (let k = 0; k < classes; k++) {
    const row = z + <usize>k * ROW;
    let sum = f32x4.splat(0);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(v + lane), f32x4.sub(v128.load(row + lane), v128.load(logs + lane))));
    }
    addLanes(sums + (<usize>k << 3), sum);
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function addAt(sums: usize, k: i32, value: f64): void {
  if (sums != 0) store<f64>(sums + (<usize>k << 3), load<f64>(sums + (<usize>k << 3)) + value);
}

/** Where the sums of a statistic are kept, 0 if it is not wanted. */
// @ts-ignore: decorator of AssemblyScript
@inline
function placeOf(slots: usize, statistic: i32, sums: usize, classes: i32): usize {
  return slotOf(slots, statistic) < 0 ? 0 : sums + (<usize>(statistic * classes) << 3);
}

/** The sums that have a slot into out [S, B, K]: blocks are summed in float32 and these in float64. */
export function softmaxIndexSums(
  logits: usize, indices: usize, out: usize, slots: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, temperature: f32,
): void {
  const size = <usize>classes * ROW;
  const table = scratch;
  writeTable(table);
  const z = scratch + TABLE;
  const e = z + size;
  const v = e + 2 * size;
  const inverse = v + ROW;
  const logs = inverse + ROW;
  const sums = v + 4 * ROW;
  const predicted = placeOf(slots, PREDICTED, sums, classes);
  const squares = placeOf(slots, PREDICTED_SQUARES, sums, classes);
  const tempered = placeOf(slots, TEMPERED, sums, classes);
  const target = placeOf(slots, TARGET, sums, classes);
  const targetSquares = placeOf(slots, TARGET_SQUARES, sums, classes);
  const counted = placeOf(slots, COUNT, sums, classes);
  const overlap = placeOf(slots, OVERLAP, sums, classes);
  const overlapSquares = placeOf(slots, OVERLAP_SQUARES, sums, classes);
  const likelihood = placeOf(slots, LOG_LIKELIHOOD, sums, classes);
  const logSum = placeOf(slots, LOG_SUM, sums, classes);
  const needLogs = likelihood != 0 || logSum != 0;
  const needSoftmax = needLogs || predicted != 0 || squares != 0 || overlap != 0 || overlapSquares != 0;
  const plane = <usize>(batch * classes) << 2;
  for (let b = 0; b < batch; b++) {
    memory.fill(sums, 0, <usize>(STATISTICS * classes) << 3);
    let seen = 0;
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      const at = <usize>(b * pixels + first);
      const labels = indices + (at << 2);
      if (needSoftmax || tempered != 0) loadPixels(logits + (at * <usize>classes << 2), labels, count, classes, z, v);
      if (needSoftmax) {
        exponentials(z, e, v, inverse, needLogs ? logs : 0, classes, 1, table);
        if (predicted != 0 || squares != 0) addProbabilities(e, inverse, predicted, squares, classes);
        if (logSum != 0) addLogs(z, v, logs, logSum, classes);
      }
      for (let i = 0; i < count; i++) {
        const lane = <usize>i << 2;
        const label = load<i32>(labels + lane);
        if (label < 0) continue;
        seen++;
        addAt(target, label, 1);
        addAt(targetSquares, label, 1);
        const from = <usize>label * ROW + lane;
        if (overlap != 0 || overlapSquares != 0) {
          const s = <f64>(load<f32>(e + from) * load<f32>(inverse + lane));
          addAt(overlap, label, s);
          addAt(overlapSquares, label, s * s);
        }
        if (likelihood != 0) addAt(likelihood, label, <f64>(load<f32>(z + from) - load<f32>(logs + lane)));
      }
      if (tempered != 0) {
        exponentials(z, e, v, inverse, 0, classes, temperature, table);
        addProbabilities(e, inverse, tempered, 0, classes);
      }
    }
    if (counted != 0) for (let k = 0; k < classes; k++) addAt(counted, k, <f64>seen);
    for (let statistic = 0; statistic < STATISTICS; statistic++) {
      const slot = slotOf(slots, statistic);
      if (slot < 0) continue;
      for (let k = 0; k < classes; k++) {
        const from = sums + (<usize>(statistic * classes + k) << 3);
        store<f32>(out + <usize>slot * plane + (<usize>(b * classes + k) << 2), <f32>load<f64>(from));
      }
    }
  }
}

/** The factors dy of a statistic for one image, 0 if it is not wanted. */
// @ts-ignore: decorator of AssemblyScript
@inline
function factorsOf(dy: usize, slots: usize, statistic: i32, plane: usize, image: usize): usize {
  const slot = slotOf(slots, statistic);
  return slot < 0 ? 0 : dy + <usize>slot * plane + image;
}

// @ts-ignore: decorator of AssemblyScript
@inline
function factorAt(factors: usize, k: i32): f32 {
  return factors == 0 ? 0 : load<f32>(factors + (<usize>k << 2));
}

/** mean = Σ_k s_k (a_k + 2 c_k s_k) with s = e · inverse; a and c are one number for each class, or 0. */
function meanFactors(e: usize, inverse: usize, mean: usize, a: usize, c: usize, classes: i32): void {
  memory.fill(mean, 0, ROW);
  if (a == 0 && c == 0) return;
  const end = <usize>classes * ROW;
  for (let lane: usize = 0; lane < ROW; lane += 32) {
    const scale = v128.load(inverse + lane);
    const scale2 = v128.load(inverse + lane, 16);
    let sum = f32x4.splat(0);
    let sum2 = f32x4.splat(0);
    let k: usize = 0;
    for (let at = e + lane; at < e + lane + end; at += ROW) {
      const e1 = v128.load(at);
      const e2 = v128.load(at, 16);
      let factor = a == 0 ? f32x4.splat(0) : v128.load32_splat(a + k);
      let factor2 = factor;
      if (c != 0) {
        const twice = f32x4.splat(2 * load<f32>(c + k));
        factor = multiplyAdd(twice, f32x4.mul(e1, scale), factor);
        factor2 = multiplyAdd(twice, f32x4.mul(e2, scale2), factor2);
      }
      sum = multiplyAdd(e1, factor, sum);
      sum2 = multiplyAdd(e2, factor2, sum2);
      k += 4;
    }
    v128.store(mean + lane, f32x4.mul(scale, sum));
    v128.store(mean + lane, f32x4.mul(scale2, sum2), 16);
  }
}

/** g = s (a + 2 c s - mean) + v d with s = e · inverse, in place of e; d is one number for each class too, or 0. */
// prettier-ignore
function combine(e: usize, inverse: usize, mean: usize, v: usize, a: usize, c: usize, d: usize, classes: i32): void {
  for (let k = 0; k < classes; k++) {
    const row = e + <usize>k * ROW;
    const constant = f32x4.splat(factorAt(a, k));
    const twice = f32x4.splat(2 * factorAt(c, k));
    const added = f32x4.splat(factorAt(d, k));
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const s = f32x4.mul(v128.load(row + lane), v128.load(inverse + lane));
      let factor = f32x4.sub(constant, v128.load(mean + lane));
      if (c != 0) factor = multiplyAdd(twice, s, factor);
      let g = f32x4.mul(s, factor);
      if (d != 0) g = multiplyAdd(v128.load(v + lane), added, g);
      v128.store(row + lane, g);
    }
  }
}

/** g += T t (a - mean) with t = e · inverse */
function addTempered(g: usize, e: usize, inverse: usize, a: usize, temperature: f32, classes: i32): void {
  const end = <usize>classes * ROW;
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const scale = v128.load(inverse + lane);
    let mean = f32x4.splat(0);
    let k = a;
    for (let at = e + lane; at < e + lane + end; at += ROW) {
      mean = f32x4.add(mean, f32x4.mul(v128.load(at), v128.load32_splat(k)));
      k += 4;
    }
    mean = f32x4.mul(mean, scale);
    const scaled = f32x4.mul(scale, f32x4.splat(temperature));
    let to = g + lane;
    k = a;
    for (let at = e + lane; at < e + lane + end; at += ROW) {
      const t = f32x4.mul(scaled, v128.load(at));
      v128.store(to, f32x4.add(v128.load(to), f32x4.mul(t, f32x4.sub(v128.load32_splat(k), mean))));
      to += ROW;
      k += 4;
    }
  }
}

/** The gradient of the logits, out [B, N, K], given dy [S, B, K]: one pass. */
export function softmaxIndexGradient(
  logits: usize, indices: usize, dy: usize, out: usize, slots: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, temperature: f32,
): void {
  const size = <usize>classes * ROW;
  const table = scratch;
  writeTable(table);
  const z = scratch + TABLE;
  const s = z + size;
  const e = s + size;
  const v = e + size;
  const inverse = v + ROW;
  const mean = inverse + ROW;
  const own = mean + ROW;
  const plane = <usize>(batch * classes) << 2;
  for (let b = 0; b < batch; b++) {
    const image = <usize>(b * classes) << 2;
    const predicted = factorsOf(dy, slots, PREDICTED, plane, image);
    const squares = factorsOf(dy, slots, PREDICTED_SQUARES, plane, image);
    const overlap = factorsOf(dy, slots, OVERLAP, plane, image);
    const overlapSquares = factorsOf(dy, slots, OVERLAP_SQUARES, plane, image);
    const likelihood = factorsOf(dy, slots, LOG_LIKELIHOOD, plane, image);
    const logSum = factorsOf(dy, slots, LOG_SUM, plane, image);
    const tempered = factorsOf(dy, slots, TEMPERED, plane, image);
    let logSums: f32 = 0;
    if (logSum != 0) for (let k = 0; k < classes; k++) logSums += factorAt(logSum, k);
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      const at = <usize>(b * pixels + first);
      const labels = indices + (at << 2);
      loadPixels(logits + (at * <usize>classes << 2), labels, count, classes, z, v);
      exponentials(z, s, v, inverse, 0, classes, 1, table);
      meanFactors(s, inverse, mean, predicted, squares, classes);
      // What the label adds to its own s and log s, which goes through the softmax with the rest.
      for (let i = 0; i < count; i++) {
        const lane = <usize>i << 2;
        const label = load<i32>(labels + lane);
        if (label < 0) continue;
        const p = load<f32>(s + <usize>label * ROW + lane) * load<f32>(inverse + lane);
        const value = p * (factorAt(overlap, label) + 2 * p * factorAt(overlapSquares, label)) + factorAt(likelihood, label);
        store<f32>(own + lane, value);
        store<f32>(mean + lane, load<f32>(mean + lane) + value + logSums);
      }
      combine(s, inverse, mean, v, predicted, squares, logSum, classes);
      for (let i = 0; i < count; i++) {
        const lane = <usize>i << 2;
        const label = load<i32>(labels + lane);
        if (label < 0) continue;
        const g = s + <usize>label * ROW + lane;
        store<f32>(g, load<f32>(g) + load<f32>(own + lane));
      }
      if (tempered != 0) {
        exponentials(z, e, v, inverse, 0, classes, temperature, table);
        addTempered(s, e, inverse, tempered, temperature, classes);
      }
      fromRows(s, out + (at * <usize>classes << 2), count, classes);
    }
  }
}
