import { TABLE, writeTable } from './exponential';
import { addLanes, BLOCK, fromRows, loadBlock, ROW, sigmoidRows, softmaxRows } from './region-block';
import {
  COMPLEMENT_LOG_LIKELIHOOD, COMPLEMENT_LOG_SUM, COUNT, DIFFERENCE, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED, PREDICTED_COMPLEMENT, PREDICTED_SQUARES, STATISTICS, TARGET, TARGET_SQUARES, TEMPERED, TEMPERED_COMPLEMENT, slotOf,
} from './region-slots';

// @ts-ignore: decorator
@inline
function term(statistic: i32, y: v128, v: v128, s: v128, c: v128, logS: v128, logC: v128, t: v128, tc: v128): v128 {
  switch (statistic) {
    case COUNT: return v;
    case TARGET: return y;
    case TARGET_SQUARES: return f32x4.mul(y, y);
    case PREDICTED: return f32x4.mul(v, s);
    case PREDICTED_SQUARES: return f32x4.mul(v, f32x4.mul(s, s));
    case OVERLAP: return f32x4.mul(y, s);
    case OVERLAP_SQUARES: return f32x4.mul(y, f32x4.mul(s, s));
    case DIFFERENCE: return f32x4.mul(v, f32x4.abs(f32x4.sub(s, y)));
    case LOG_LIKELIHOOD: return f32x4.mul(y, logS);
    case LOG_SUM: return f32x4.mul(v, logS);
    case TEMPERED: return f32x4.mul(v, t);
    case PREDICTED_COMPLEMENT: return f32x4.mul(v, c);
    case TEMPERED_COMPLEMENT: return f32x4.mul(v, tc);
    case COMPLEMENT_LOG_LIKELIHOOD: return f32x4.mul(f32x4.sub(v, y), logC);
    default: return f32x4.mul(v, logC);
  }
}

/** Sum of a statistic over a row; the statistic is a constant, so that each has a loop of its own. */
// @ts-ignore: decorator
@inline
function sumOf(
  statistic: i32, sigmoid: i32, y: usize, v: usize, z: usize, s: usize, c: usize, l: usize, logs: usize, t: usize, tc: usize,
): v128 {
  const zero = f32x4.splat(0);
  let sum = zero;
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    let logS = zero;
    let logC = zero;
    if (statistic == LOG_LIKELIHOOD || statistic == LOG_SUM || statistic >= COMPLEMENT_LOG_LIKELIHOOD) {
      const score = v128.load(z + lane);
      if (sigmoid) {
        const tail = v128.load(l + lane);
        logS = f32x4.sub(f32x4.pmin(score, zero), tail);
        logC = f32x4.sub(f32x4.pmin(f32x4.neg(score), zero), tail);
      } else {
        logS = f32x4.sub(score, v128.load(logs + lane));
      }
    }
    sum = f32x4.add(sum, term(statistic, v128.load(y + lane), v128.load(v + lane), v128.load(s + lane),
      v128.load(c + lane), logS, logC, v128.load(t + lane), v128.load(tc + lane)));
  }
  return sum;
}

function rowSum(
  statistic: i32, sigmoid: i32, y: usize, v: usize, z: usize, s: usize, c: usize, l: usize, logs: usize, t: usize, tc: usize,
): v128 {
  switch (statistic) {
    case 0: return sumOf(0, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 1: return sumOf(1, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 2: return sumOf(2, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 3: return sumOf(3, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 4: return sumOf(4, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 5: return sumOf(5, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 6: return sumOf(6, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 7: return sumOf(7, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 8: return sumOf(8, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 9: return sumOf(9, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 10: return sumOf(10, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 11: return sumOf(11, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 12: return sumOf(12, sigmoid, y, v, z, s, c, l, logs, t, tc);
    case 13: return sumOf(13, sigmoid, y, v, z, s, c, l, logs, t, tc);
    default: return sumOf(14, sigmoid, y, v, z, s, c, l, logs, t, tc);
  }
}

/** Bytes of scratch for so many classes: a table, nine blocks of rows, three rows (logarithms, or means), and the float64 sums. */
export function regionScratch(classes: i32): i32 {
  return TABLE + classes * (9 * <i32>ROW + STATISTICS * 8) + 3 * <i32>ROW;
}

/**
 * Every sum over the pixels that has a slot, into out [S, B, K]: one pass; blocks are summed in float32 and these in float64.
 */
export function regionSums(
  logits: usize, target: usize, valid: usize, indices: usize, out: usize, slots: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, validRows: i32, sigmoid: i32, temperature: f32,
): void {
  const size = <usize>classes * ROW;
  const table = scratch;
  writeTable(table);
  const z = scratch + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const l = c + size;
  const t = l + size;
  const tc = t + size;
  const spare = tc + size;
  const logs = spare + size;
  const sums = logs + 3 * ROW;
  const tempered = slotOf(slots, TEMPERED) >= 0 || slotOf(slots, TEMPERED_COMPLEMENT) >= 0;
  const plane = <usize>(batch * classes) << 2;
  const zero = f32x4.splat(0);
  for (let b = 0; b < batch; b++) {
    memory.fill(sums, 0, <usize>(STATISTICS * classes) << 3);
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      loadBlock(logits, target, valid, indices, b * pixels + first, count, classes, validRows, z, y, v);
      if (sigmoid) {
        sigmoidRows(z, s, c, l, classes, 1, table);
        if (tempered) sigmoidRows(z, t, tc, spare, classes, temperature, table);
      } else {
        softmaxRows(z, s, classes, 1, logs, table);
        if (tempered) softmaxRows(z, t, classes, temperature, 0, table);
      }
      for (let k = 0; k < classes; k++) {
        const row = <usize>k * ROW;
        const seen = v + (validRows == 1 ? 0 : row);
        for (let statistic = 0; statistic < STATISTICS; statistic++) {
          if (slotOf(slots, statistic) < 0) continue;
          const sum = rowSum(statistic, sigmoid, y + row, seen, z + row, s + row, c + row, l + row, logs, t + row, tc + row);
          const to = sums + (<usize>(statistic * classes + k) << 3);
          addLanes(to, sum);
        }
      }
    }
    for (let statistic = 0; statistic < STATISTICS; statistic++) {
      const slot = slotOf(slots, statistic);
      if (slot < 0) continue;
      const to = out + <usize>slot * plane + (<usize>(b * classes) << 2);
      for (let k = 0; k < classes; k++) {
        store<f32>(to + (<usize>k << 2), <f32>load<f64>(sums + (<usize>(statistic * classes + k) << 3)));
      }
    }
  }
}

/** The derivative dy [S, B, K] by a statistic of class k, 0 where it has no slot. */
// @ts-ignore: decorator
@inline
function factor(dy: usize, slots: usize, plane: usize, at: usize, statistic: i32): v128 {
  const slot = slotOf(slots, statistic);
  return slot < 0 ? f32x4.splat(0) : v128.load32_splat(dy + <usize>slot * plane + at);
}

/** -1, 0 or 1 */
// @ts-ignore: decorator
@inline
function sign4(x: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
}

// @ts-ignore: decorator
@inline
function has(slots: usize, statistic: i32): bool {
  return slotOf(slots, statistic) >= 0;
}

/** Derivatives of one class: by s into g, by log s into c, by the tempered s into tc; Σ s g, Σ c and Σ t tc into means. */
function softmaxDerivatives(
  dy: usize, slots: usize, plane: usize, f: usize, tempered: bool,
  y: usize, v: usize, s: usize, t: usize, g: usize, c: usize, tc: usize, means: usize,
): void {
  const zero = f32x4.splat(0);
  const predicted = factor(dy, slots, plane, f, PREDICTED);
  const squares = f32x4.mul(f32x4.splat(2), factor(dy, slots, plane, f, PREDICTED_SQUARES));
  const overlap = factor(dy, slots, plane, f, OVERLAP);
  const overlapSquares = f32x4.mul(f32x4.splat(2), factor(dy, slots, plane, f, OVERLAP_SQUARES));
  const apart = factor(dy, slots, plane, f, DIFFERENCE);
  const likelihood = factor(dy, slots, plane, f, LOG_LIKELIHOOD);
  const logSum = factor(dy, slots, plane, f, LOG_SUM);
  const onTempered = factor(dy, slots, plane, f, TEMPERED);
  const linear = has(slots, PREDICTED) || has(slots, OVERLAP);
  const square = has(slots, PREDICTED_SQUARES) || has(slots, OVERLAP_SQUARES);
  const difference = has(slots, DIFFERENCE);
  const logs = has(slots, LOG_LIKELIHOOD) || has(slots, LOG_SUM);
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const yy = v128.load(y + lane);
    const vv = v128.load(v + lane);
    const ss = v128.load(s + lane);
    let onS = zero;
    if (linear) onS = f32x4.add(f32x4.mul(vv, predicted), f32x4.mul(yy, overlap));
    if (square) {
      onS = f32x4.add(onS, f32x4.mul(ss, f32x4.add(f32x4.mul(vv, squares), f32x4.mul(yy, overlapSquares))));
    }
    if (difference) onS = f32x4.add(onS, f32x4.mul(f32x4.mul(vv, sign4(f32x4.sub(ss, yy))), apart));
    v128.store(g + lane, onS);
    v128.store(means + lane, f32x4.add(v128.load(means + lane), f32x4.mul(onS, ss)));
    if (logs) {
      const onLog = f32x4.add(f32x4.mul(yy, likelihood), f32x4.mul(vv, logSum));
      v128.store(c + lane, onLog);
      v128.store(means + ROW + lane, f32x4.add(v128.load(means + ROW + lane), onLog));
    } else {
      v128.store(c + lane, zero);
    }
    if (tempered) {
      const onT = f32x4.mul(vv, onTempered);
      v128.store(tc + lane, onT);
      v128.store(means + 2 * ROW + lane, f32x4.add(v128.load(means + 2 * ROW + lane), f32x4.mul(onT, v128.load(t + lane))));
    }
  }
}

/** ∂s_j/∂z_k = s_j (δ_jk - s_k), ∂log s_j/∂z_k = δ_jk - s_k: the derivatives of a class become its gradient in g. */
function throughSoftmax(
  tempered: bool, temper: v128, s: usize, t: usize, g: usize, c: usize, tc: usize, means: usize,
): void {
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const shared = f32x4.add(v128.load(means + lane), v128.load(means + ROW + lane));
    let gradient = f32x4.mul(v128.load(s + lane), f32x4.sub(v128.load(g + lane), shared));
    gradient = f32x4.add(gradient, v128.load(c + lane));
    if (tempered) {
      const onT = f32x4.sub(v128.load(tc + lane), v128.load(means + 2 * ROW + lane));
      gradient = f32x4.add(gradient, f32x4.mul(f32x4.mul(temper, v128.load(t + lane)), onT));
    }
    v128.store(g + lane, gradient);
  }
}

/** The gradient of one channel into g. */
function sigmoidGradient(
  dy: usize, slots: usize, plane: usize, f: usize, tempered: bool, temper: v128,
  y: usize, v: usize, s: usize, c: usize, t: usize, tc: usize, g: usize,
): void {
  const two = f32x4.splat(2);
  const predicted = f32x4.sub(factor(dy, slots, plane, f, PREDICTED), factor(dy, slots, plane, f, PREDICTED_COMPLEMENT));
  const squares = f32x4.mul(two, factor(dy, slots, plane, f, PREDICTED_SQUARES));
  const overlap = factor(dy, slots, plane, f, OVERLAP);
  const overlapSquares = f32x4.mul(two, factor(dy, slots, plane, f, OVERLAP_SQUARES));
  const apart = factor(dy, slots, plane, f, DIFFERENCE);
  const likelihood = factor(dy, slots, plane, f, LOG_LIKELIHOOD);
  const logSum = factor(dy, slots, plane, f, LOG_SUM);
  const complementLikelihood = factor(dy, slots, plane, f, COMPLEMENT_LOG_LIKELIHOOD);
  const complementLogSum = factor(dy, slots, plane, f, COMPLEMENT_LOG_SUM);
  const onT = f32x4.mul(temper,
    f32x4.sub(factor(dy, slots, plane, f, TEMPERED), factor(dy, slots, plane, f, TEMPERED_COMPLEMENT)));
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const yy = v128.load(y + lane);
    const vv = v128.load(v + lane);
    const ss = v128.load(s + lane);
    const cc = v128.load(c + lane);
    let onS = f32x4.mul(vv, f32x4.add(predicted, f32x4.mul(ss, squares)));
    onS = f32x4.add(onS, f32x4.mul(yy, f32x4.add(overlap, f32x4.mul(ss, overlapSquares))));
    onS = f32x4.add(onS, f32x4.mul(f32x4.mul(vv, sign4(f32x4.sub(ss, yy))), apart));
    const onLog = f32x4.add(f32x4.mul(yy, likelihood), f32x4.mul(vv, logSum));
    const onLogC = f32x4.add(f32x4.mul(f32x4.sub(vv, yy), complementLikelihood), f32x4.mul(vv, complementLogSum));
    let gradient = f32x4.mul(f32x4.mul(ss, cc), onS);
    gradient = f32x4.add(gradient, f32x4.sub(f32x4.mul(cc, onLog), f32x4.mul(ss, onLogC)));
    if (tempered) {
      const slope = f32x4.mul(v128.load(t + lane), v128.load(tc + lane));
      gradient = f32x4.add(gradient, f32x4.mul(f32x4.mul(vv, onT), slope));
    }
    v128.store(g + lane, gradient);
  }
}

/** The gradient of the logits, out [B, N, K], given dy [S, B, K]: one pass. */
export function regionGradient(
  logits: usize, target: usize, valid: usize, indices: usize, dy: usize, out: usize, slots: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, validRows: i32, sigmoid: i32, temperature: f32,
): void {
  const size = <usize>classes * ROW;
  const table = scratch;
  writeTable(table);
  const z = scratch + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const l = c + size;
  const t = l + size;
  const tc = t + size;
  const g = tc + size;
  const means = g + size;
  const tempered = slotOf(slots, TEMPERED) >= 0 || slotOf(slots, TEMPERED_COMPLEMENT) >= 0;
  const plane = <usize>(batch * classes) << 2;
  const temper = f32x4.splat(temperature);
  for (let b = 0; b < batch; b++) {
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      loadBlock(logits, target, valid, indices, b * pixels + first, count, classes, validRows, z, y, v);
      if (sigmoid) {
        sigmoidRows(z, s, c, l, classes, 1, table);
        if (tempered) sigmoidRows(z, t, tc, l, classes, temperature, table);
      } else {
        softmaxRows(z, s, classes, 1, 0, table);
        if (tempered) softmaxRows(z, t, classes, temperature, 0, table);
      }
      if (sigmoid) {
        for (let k = 0; k < classes; k++) {
          const row = <usize>k * ROW;
          sigmoidGradient(dy, slots, plane, <usize>(b * classes + k) << 2, tempered, temper,
            y + row, v + (validRows == 1 ? 0 : row), s + row, c + row, t + row, tc + row, g + row);
        }
      } else {
        // Derivatives by s into g, by log s into c (softmax has no complements); their means over the classes into means.
        memory.fill(means, 0, 3 * ROW);
        for (let k = 0; k < classes; k++) {
          const row = <usize>k * ROW;
          softmaxDerivatives(dy, slots, plane, <usize>(b * classes + k) << 2, tempered,
            y + row, v, s + row, t + row, g + row, c + row, tc + row, means);
        }
        for (let k = 0; k < classes; k++) {
          const row = <usize>k * ROW;
          throughSoftmax(tempered, temper, s + row, t + row, g + row, c + row, tc + row, means);
        }
      }
      fromRows(g, out + (<usize>((b * pixels + first) * classes) << 2), count, classes);
    }
  }
}
