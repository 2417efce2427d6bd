// Region statistics of a softmax where y is given for each class (soft labels), or each channel can be ignored by itself.
import { TABLE, writeTable } from './exponential';
import { multiplyAdd } from './multiply-add';
import { BLOCK, exponentials, fromRows, invert, loadTargets, logarithms, ROW, temperedRows } from './region-block';
import { firstPixel, flushLanes, imageOf, lastPixel, RUN } from './region-parts';
import {
  DIFFERENCE, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED, PREDICTED_SQUARES, sign4, STATISTICS, TEMPERED,
} from './region-slots';
import { addTerms } from './generated/add-terms';
import { factorOf, has } from './region-terms';

/** Bytes of scratch: two tables, seven blocks of rows, eight rows, and four lanes of each sum, or eight factors, for each class. */
export function softmaxTargetScratch(classes: i32): i32 {
  return 2 * TABLE + (7 * classes + 8) * <i32>ROW + 16 * STATISTICS * classes;
}

/** s = e · inverse, in place */
function normalize(e: usize, inverse: usize, classes: i32): void {
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      v128.store(e + lane, f32x4.mul(v128.load(e + lane), v128.load(inverse + lane)));
    }
  }
}

/** logS = z - logs */
function subtractRow(z: usize, logs: usize, logS: usize, classes: i32): void {
  for (const end = z + <usize>classes * ROW; z < end; z += ROW) {
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      v128.store(logS + lane, f32x4.sub(v128.load(z + lane), v128.load(logs + lane)));
    }
    logS += ROW;
  }
}

/** The sums that have a slot, float64 [P, S, K] at `partial`: a few blocks are summed in float32 and these in float64. */
// prettier-ignore
export function softmaxTargetSums(
  logits: usize, target: usize, valid: usize, partial: usize, slots: usize, statistics: i32, pixels: i32, classes: i32,
  validRows: i32, temperature: f32, scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>classes * ROW;
  const table = scratch;
  const sharp = table + TABLE;
  writeTable(table, 1);
  writeTable(sharp, temperature);
  const z = sharp + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const t = s + size;
  const logS = t + size;
  const seen = logS + size; // pixels of which any channel is valid
  const total = seen + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  const logs = inverse + ROW;
  const lanes = logs + ROW;
  const wantLogs = has(slots, LOG_LIKELIHOOD) || has(slots, LOG_SUM);
  const wantTempered = has(slots, TEMPERED);
  const validStep: usize = validRows == 1 ? 0 : ROW;
  for (let part = first; part < end; part++) {
    const sums = partial + (<usize>(part * statistics * classes) << 3);
    memory.fill(sums, 0, <usize>(statistics * classes) << 3);
    memory.fill(lanes, 0, <usize>(statistics * classes) << 4);
    let run = 0;
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      loadTargets(logits, target, valid, pixel, min(BLOCK, last - pixel), classes, validRows, z, y, v, seen);
      exponentials(z, s, total, largest, classes, table);
      if (wantLogs) {
        logarithms(largest, total, logs, table);
        subtractRow(z, logs, logS, classes);
      }
      invert(seen, total, inverse);
      if (wantTempered) {
        temperedRows(z, s, t, total, largest, classes, temperature, sharp);
        normalize(s, inverse, classes);
        invert(seen, total, inverse);
        normalize(t, inverse, classes);
      } else {
        normalize(s, inverse, classes);
      }
      addTerms(slots, lanes, classes, 4, 16, ROW, validStep, y, v, s, 0, logS, 0, t, 0);
      if (++run == RUN) {
        run = 0;
        flushLanes(lanes, sums, statistics * classes);
      }
    }
    flushLanes(lanes, sums, statistics * classes);
  }
}

/** Derivatives by s into g, by log s into onLog; Σ s g + Σ onLog into mean. */
// prettier-ignore
function derivatives(
  factors: usize, classes: i32, slots: usize, y: usize, v: usize, validStep: usize, s: usize, g: usize, onLog: usize, mean: usize,
): void {
  const zero = f32x4.splat(0);
  const row = <usize>classes << 2;
  const square = has(slots, PREDICTED_SQUARES) || has(slots, OVERLAP_SQUARES);
  const difference = has(slots, DIFFERENCE);
  const logs = has(slots, LOG_LIKELIHOOD) || has(slots, LOG_SUM);
  memory.fill(mean, 0, ROW);
  for (const end = s + <usize>classes * ROW; s < end; s += ROW) {
    const predicted = v128.load32_splat(factors);
    const overlap = v128.load32_splat(factors + row);
    const squares = v128.load32_splat(factors + 2 * row);
    const overlapSquares = v128.load32_splat(factors + 3 * row);
    const apart = v128.load32_splat(factors + 4 * row);
    const likelihood = v128.load32_splat(factors + 5 * row);
    const logSum = v128.load32_splat(factors + 6 * row);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const yy = v128.load(y + lane);
      const vv = v128.load(v + lane);
      const ss = v128.load(s + lane);
      let onS = multiplyAdd(vv, predicted, f32x4.mul(yy, overlap));
      if (square) onS = multiplyAdd(ss, multiplyAdd(vv, squares, f32x4.mul(yy, overlapSquares)), onS);
      if (difference) onS = multiplyAdd(f32x4.mul(vv, sign4(f32x4.sub(ss, yy))), apart, onS);
      const inLog = logs ? multiplyAdd(yy, likelihood, f32x4.mul(vv, logSum)) : zero;
      v128.store(g + lane, onS);
      v128.store(onLog + lane, inLog);
      v128.store(mean + lane, f32x4.add(v128.load(mean + lane), multiplyAdd(onS, ss, inLog)));
    }
    factors += 4;
    y += ROW;
    v += validStep;
    g += ROW;
    onLog += ROW;
  }
}

/** g = s (g - mean) + onLog: ∂s_j/∂z_k = s_j (δ_jk - s_k), ∂log s_j/∂z_k = δ_jk - s_k */
function throughSoftmax(s: usize, g: usize, onLog: usize, mean: usize, classes: i32): void {
  for (const end = g + <usize>classes * ROW; g < end; g += ROW) {
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const apart = f32x4.sub(v128.load(g + lane), v128.load(mean + lane));
      v128.store(g + lane, multiplyAdd(v128.load(s + lane), apart, v128.load(onLog + lane)));
    }
    s += ROW;
    onLog += ROW;
  }
}

/** g += T t (a - Σ t a), a being one number for each class */
function addTempered(t: usize, g: usize, a: usize, mean: usize, temperature: f32, classes: i32): void {
  const end = t + <usize>classes * ROW;
  memory.fill(mean, 0, ROW);
  let k = a;
  for (let at = t; at < end; at += ROW) {
    const factor = v128.load32_splat(k);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      v128.store(mean + lane, multiplyAdd(v128.load(at + lane), factor, v128.load(mean + lane)));
    }
    k += 4;
  }
  const temper = f32x4.splat(temperature);
  for (; t < end; t += ROW) {
    const factor = v128.load32_splat(a);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const slope = f32x4.mul(f32x4.mul(temper, v128.load(t + lane)), f32x4.sub(factor, v128.load(mean + lane)));
      v128.store(g + lane, f32x4.add(v128.load(g + lane), slope));
    }
    a += 4;
    g += ROW;
  }
}

/** The gradient of the logits, out [B, N, K], given dy [S, B, K]: one pass. */
// prettier-ignore
export function softmaxTargetGradient(
  logits: usize, target: usize, valid: usize, dy: usize, out: usize, slots: usize, batch: i32, pixels: i32, classes: i32,
  validRows: i32, temperature: f32, scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>classes * ROW;
  const row = <usize>classes << 2;
  const table = scratch;
  const sharp = table + TABLE;
  writeTable(table, 1);
  writeTable(sharp, temperature);
  const z = sharp + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const t = s + size;
  const g = t + size;
  const onLog = g + size;
  const seen = onLog + size;
  const total = seen + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  const mean = inverse + ROW;
  const factors = mean + ROW;
  const wantTempered = has(slots, TEMPERED);
  const plane = <usize>batch * row;
  for (let part = first; part < end; part++) {
    for (let k: usize = 0; k < row; k += 4) {
      const at = <usize>imageOf(part, pixels) * row + k;
      const to = factors + k;
      store<f32>(to, factorOf(dy, slots, PREDICTED, plane, at));
      store<f32>(to + row, factorOf(dy, slots, OVERLAP, plane, at));
      store<f32>(to + 2 * row, 2 * factorOf(dy, slots, PREDICTED_SQUARES, plane, at));
      store<f32>(to + 3 * row, 2 * factorOf(dy, slots, OVERLAP_SQUARES, plane, at));
      store<f32>(to + 4 * row, factorOf(dy, slots, DIFFERENCE, plane, at));
      store<f32>(to + 5 * row, factorOf(dy, slots, LOG_LIKELIHOOD, plane, at));
      store<f32>(to + 6 * row, factorOf(dy, slots, LOG_SUM, plane, at));
      store<f32>(to + 7 * row, factorOf(dy, slots, TEMPERED, plane, at));
    }
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      loadTargets(logits, target, valid, pixel, count, classes, validRows, z, y, v, seen);
      exponentials(z, s, total, largest, classes, table);
      invert(seen, total, inverse);
      if (wantTempered) temperedRows(z, s, t, total, largest, classes, temperature, sharp);
      normalize(s, inverse, classes);
      derivatives(factors, classes, slots, y, v, validRows == 1 ? 0 : ROW, s, g, onLog, mean);
      throughSoftmax(s, g, onLog, mean, classes);
      if (wantTempered) {
        invert(seen, total, inverse);
        normalize(t, inverse, classes);
        addTempered(t, g, factors + 7 * row, mean, temperature, classes);
      }
      fromRows(g, out + <usize>pixel * row, count, classes);
    }
  }
}
