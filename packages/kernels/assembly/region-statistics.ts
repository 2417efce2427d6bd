import { BLOCK, loadBlock, ROW, sigmoidRows, softmaxRows } from './region-block';

// The order of the statistics in `slots`: where each stands in the output, or -1.
const COUNT = 0;
const TARGET = 1;
const TARGET_SQUARES = 2;
const PREDICTED = 3;
const PREDICTED_SQUARES = 4;
const OVERLAP = 5;
const OVERLAP_SQUARES = 6;
const DIFFERENCE = 7;
const LOG_LIKELIHOOD = 8;
const LOG_SUM = 9;
const TEMPERED = 10;
const PREDICTED_COMPLEMENT = 11;
const TEMPERED_COMPLEMENT = 12;
const COMPLEMENT_LOG_LIKELIHOOD = 13;
const COMPLEMENT_LOG_SUM = 14;
const STATISTICS = 15;

// @ts-ignore: decorator
@inline
function slotOf(slots: usize, statistic: i32): i32 {
  return load<i32>(slots + (<usize>statistic << 2));
}

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

/** Bytes of scratch for so many classes: nine blocks of rows, the logarithms of a block, and the float64 sums. */
export function regionScratch(classes: i32): i32 {
  return classes * (9 * <i32>ROW + STATISTICS * 8) + <i32>ROW;
}

/**
 * Every sum over the pixels that has a slot, into out [S, B, K]: one pass; blocks are summed in float32 and these in float64.
 */
export function regionSums(
  logits: usize, target: usize, valid: usize, indices: usize, out: usize, slots: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, validRows: i32, sigmoid: i32, temperature: f32,
): void {
  const size = <usize>classes * ROW;
  const z = scratch;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const l = c + size;
  const t = l + size;
  const tc = t + size;
  const spare = tc + size;
  const logs = spare + size;
  const sums = logs + ROW;
  const tempered = slotOf(slots, TEMPERED) >= 0 || slotOf(slots, TEMPERED_COMPLEMENT) >= 0;
  const plane = <usize>(batch * classes) << 2;
  const zero = f32x4.splat(0);
  for (let b = 0; b < batch; b++) {
    memory.fill(sums, 0, <usize>(STATISTICS * classes) << 3);
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      const at = <usize>(b * pixels + first);
      const channels = at * <usize>classes << 2;
      loadBlock(logits + channels, target + channels, valid + (validRows == 1 ? at << 2 : channels),
        indices == 0 ? 0 : indices + (at << 2), count, classes, validRows, z, y, v);
      if (sigmoid) {
        sigmoidRows(z, s, c, l, classes, 1);
        if (tempered) sigmoidRows(z, t, tc, spare, classes, temperature);
      } else {
        softmaxRows(z, s, classes, 1, logs);
        if (tempered) softmaxRows(z, t, classes, temperature, 0);
      }
      for (let k = 0; k < classes; k++) {
        const row = <usize>k * ROW;
        const seen = v + (validRows == 1 ? 0 : row);
        for (let statistic = 0; statistic < STATISTICS; statistic++) {
          if (slotOf(slots, statistic) < 0) continue;
          let sum = zero;
          for (let lane: usize = 0; lane < ROW; lane += 16) {
            const zz = v128.load(z + row + lane);
            let logS = zero;
            let logC = zero;
            if (sigmoid) {
              const tail = v128.load(l + row + lane);
              logS = f32x4.sub(f32x4.pmin(zz, zero), tail);
              logC = f32x4.sub(f32x4.pmin(f32x4.neg(zz), zero), tail);
            } else {
              logS = f32x4.sub(zz, v128.load(logs + lane));
            }
            sum = f32x4.add(sum, term(statistic, v128.load(y + row + lane), v128.load(seen + lane),
              v128.load(s + row + lane), v128.load(c + row + lane), logS, logC,
              v128.load(t + row + lane), v128.load(tc + row + lane)));
          }
          const to = sums + (<usize>(statistic * classes + k) << 3);
          const pairs = f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(i64x2.shuffle(sum, sum, 1, 0)));
          store<f64>(to, load<f64>(to) + f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1));
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

/** The gradient of the logits, out [B, N, K], given dy [S, B, K]: one pass. */
export function regionGradient(
  logits: usize, target: usize, valid: usize, indices: usize, dy: usize, out: usize, slots: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, validRows: i32, sigmoid: i32, temperature: f32,
): void {
  const size = <usize>classes * ROW;
  const z = scratch;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const l = c + size;
  const t = l + size;
  const tc = t + size;
  const g = tc + size;
  const tempered = slotOf(slots, TEMPERED) >= 0 || slotOf(slots, TEMPERED_COMPLEMENT) >= 0;
  const plane = <usize>(batch * classes) << 2;
  const temper = f32x4.splat(temperature);
  const zero = f32x4.splat(0);
  const two = f32x4.splat(2);
  for (let b = 0; b < batch; b++) {
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      const at = <usize>(b * pixels + first);
      const channels = at * <usize>classes << 2;
      loadBlock(logits + channels, target + channels, valid + (validRows == 1 ? at << 2 : channels),
        indices == 0 ? 0 : indices + (at << 2), count, classes, validRows, z, y, v);
      if (sigmoid) {
        sigmoidRows(z, s, c, l, classes, 1);
        if (tempered) sigmoidRows(z, t, tc, l, classes, temperature);
      } else {
        softmaxRows(z, s, classes, 1, 0);
        if (tempered) softmaxRows(z, t, classes, temperature, 0);
      }
      // By class: derivative by s into g, by log s into c (softmax has no complements), both times v or y.
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        let meanS = zero;
        let sumLog = zero;
        let meanT = zero;
        for (let k = 0; k < classes; k++) {
          const row = <usize>k * ROW + lane;
          const f = <usize>(b * classes + k) << 2;
          const yy = v128.load(y + row);
          const vv = v128.load(v + (validRows == 1 ? lane : row));
          const ss = v128.load(s + row);
          let onS = f32x4.mul(vv, f32x4.add(factor(dy, slots, plane, f, PREDICTED),
            f32x4.mul(f32x4.mul(two, ss), factor(dy, slots, plane, f, PREDICTED_SQUARES))));
          onS = f32x4.add(onS, f32x4.mul(yy, f32x4.add(factor(dy, slots, plane, f, OVERLAP),
            f32x4.mul(f32x4.mul(two, ss), factor(dy, slots, plane, f, OVERLAP_SQUARES)))));
          if (slotOf(slots, DIFFERENCE) >= 0) {
            onS = f32x4.add(onS, f32x4.mul(f32x4.mul(vv, sign4(f32x4.sub(ss, yy))), factor(dy, slots, plane, f, DIFFERENCE)));
          }
          let onLog = f32x4.add(f32x4.mul(yy, factor(dy, slots, plane, f, LOG_LIKELIHOOD)),
            f32x4.mul(vv, factor(dy, slots, plane, f, LOG_SUM)));
          if (sigmoid) {
            const cc = v128.load(c + row);
            onS = f32x4.sub(onS, f32x4.mul(vv, factor(dy, slots, plane, f, PREDICTED_COMPLEMENT)));
            const onLogC = f32x4.add(
              f32x4.mul(f32x4.sub(vv, yy), factor(dy, slots, plane, f, COMPLEMENT_LOG_LIKELIHOOD)),
              f32x4.mul(vv, factor(dy, slots, plane, f, COMPLEMENT_LOG_SUM)));
            let gradient = f32x4.mul(f32x4.mul(ss, cc), onS);
            gradient = f32x4.add(gradient, f32x4.sub(f32x4.mul(cc, onLog), f32x4.mul(ss, onLogC)));
            if (tempered) {
              const onT = f32x4.sub(factor(dy, slots, plane, f, TEMPERED), factor(dy, slots, plane, f, TEMPERED_COMPLEMENT));
              const slope = f32x4.mul(f32x4.mul(v128.load(t + row), v128.load(tc + row)), temper);
              gradient = f32x4.add(gradient, f32x4.mul(f32x4.mul(vv, onT), slope));
            }
            v128.store(g + row, gradient);
            continue;
          }
          v128.store(g + row, onS);
          v128.store(c + row, onLog);
          meanS = f32x4.add(meanS, f32x4.mul(onS, ss));
          sumLog = f32x4.add(sumLog, onLog);
          if (tempered) {
            meanT = f32x4.add(meanT, f32x4.mul(f32x4.mul(vv, factor(dy, slots, plane, f, TEMPERED)), v128.load(t + row)));
          }
        }
        if (sigmoid) continue;
        // ∂s_j/∂z_k = s_j (δ_jk - s_k), ∂log s_j/∂z_k = δ_jk - s_k
        for (let k = 0; k < classes; k++) {
          const row = <usize>k * ROW + lane;
          const ss = v128.load(s + row);
          let gradient = f32x4.mul(ss, f32x4.sub(f32x4.sub(v128.load(g + row), meanS), sumLog));
          gradient = f32x4.add(gradient, v128.load(c + row));
          if (tempered) {
            const vv = v128.load(v + lane);
            const onT = f32x4.mul(vv, factor(dy, slots, plane, <usize>(b * classes + k) << 2, TEMPERED));
            gradient = f32x4.add(gradient, f32x4.mul(f32x4.mul(temper, v128.load(t + row)), f32x4.sub(onT, meanT)));
          }
          v128.store(g + row, gradient);
        }
      }
      for (let i = 0; i < count; i++) {
        const to = out + channels + <usize>(i * classes) * 4;
        for (let k = 0; k < classes; k++) {
          store<f32>(to + (<usize>k << 2), load<f32>(g + <usize>k * ROW + (<usize>i << 2)));
        }
      }
    }
  }
}
