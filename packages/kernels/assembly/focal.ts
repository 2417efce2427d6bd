// Focal sums, one for each image and class: Σ y (1-s)^γ (-log s) and, with a sigmoid, Σ (v-y) s^γ (-log(1-s)).
import { exp4, log4, writeTable, TABLE } from './exponential';
import { addLanes, BLOCK, fromRows, loadBlock, ROW, sigmoidRows, softmaxRows } from './region-block';

/** Bytes of scratch for so many classes: a table, seven blocks of rows, a row, and two float64 sums for each class. */
export function focalScratch(classes: i32): i32 {
  return TABLE + classes * (7 * <i32>ROW + 16) + <i32>ROW;
}

/** base^γ; `whole` is γ where it is 0, 1, 2, 3 or 4, else -1. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function power4(base: v128, log: v128, gamma: v128, whole: i32, table: usize): v128 {
  if (whole < 0) return exp4(f32x4.mul(gamma, log), table);
  if (whole == 2) return f32x4.mul(base, base);
  let power = f32x4.splat(1);
  for (let i = 0; i < whole; i++) power = f32x4.mul(power, base);
  return power;
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function wholeOf(gamma: f32): i32 {
  return gamma >= 0 && gamma <= 4 && gamma == floor(gamma) ? <i32>gamma : -1;
}

/** log of 1 - s, which a softmax has no better way to. */
// @ts-ignore: decorator of AssemblyScript
@inline
function logOfRest(c: v128, whole: i32): v128 {
  return whole < 0 ? log4(f32x4.pmax(c, f32x4.splat(1e-30))) : c;
}

/** Both sums into out [2, B, K]: blocks are summed in float32 and these in float64. */
export function focalSums(
  logits: usize, target: usize, valid: usize, indices: usize, out: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, validRows: i32, sigmoid: i32, gamma: f32,
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
  const logs = l + 2 * size;
  const sums = logs + ROW;
  const plane = <usize>(batch * classes) << 2;
  const zero = f32x4.splat(0);
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  for (let b = 0; b < batch; b++) {
    memory.fill(sums, 0, <usize>classes << 4);
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      loadBlock(logits, target, valid, indices, b * pixels + first, count, classes, validRows, z, y, v);
      if (sigmoid) sigmoidRows(z, s, c, l, classes, 1, table);
      else softmaxRows(z, s, classes, 1, logs, table);
      for (let k = 0; k < classes; k++) {
        const row = <usize>k * ROW;
        const seen = v + (validRows == 1 ? 0 : row);
        let positive = zero;
        let negative = zero;
        for (let lane: usize = 0; lane < ROW; lane += 16) {
          const score = v128.load(z + row + lane);
          const yy = v128.load(y + row + lane);
          const ss = v128.load(s + row + lane);
          if (sigmoid) {
            const cc = v128.load(c + row + lane);
            const tail = v128.load(l + row + lane);
            const logS = f32x4.sub(f32x4.pmin(score, zero), tail);
            const logC = f32x4.sub(f32x4.pmin(f32x4.neg(score), zero), tail);
            positive = f32x4.sub(positive, f32x4.mul(f32x4.mul(yy, logS), power4(cc, logC, exponent, whole, table)));
            const rest = f32x4.sub(v128.load(seen + lane), yy);
            negative = f32x4.sub(negative, f32x4.mul(f32x4.mul(rest, logC), power4(ss, logS, exponent, whole, table)));
          } else {
            const cc = f32x4.sub(f32x4.splat(1), ss);
            const logS = f32x4.sub(score, v128.load(logs + lane));
            const eased = power4(cc, logOfRest(cc, whole), exponent, whole, table);
            positive = f32x4.sub(positive, f32x4.mul(f32x4.mul(yy, logS), eased));
          }
        }
        addLanes(sums + (<usize>k << 4), positive);
        addLanes(sums + (<usize>k << 4) + 8, negative);
      }
    }
    for (let k = 0; k < classes; k++) {
      const to = out + (<usize>(b * classes + k) << 2);
      store<f32>(to, <f32>load<f64>(sums + (<usize>k << 4)));
      store<f32>(to + plane, <f32>load<f64>(sums + (<usize>k << 4), 8));
    }
  }
}

/** The gradient of the logits, out [B, N, K], given dy [2, B, K]. */
export function focalGradient(
  logits: usize, target: usize, valid: usize, indices: usize, dy: usize, out: usize, scratch: usize,
  batch: i32, pixels: i32, classes: i32, validRows: i32, sigmoid: i32, gamma: f32,
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
  const g = l + size;
  const row0 = g + size; // logarithms, then the sum over the classes
  const plane = <usize>(batch * classes) << 2;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  for (let b = 0; b < batch; b++) {
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      loadBlock(logits, target, valid, indices, b * pixels + first, count, classes, validRows, z, y, v);
      if (sigmoid) sigmoidRows(z, s, c, l, classes, 1, table);
      else softmaxRows(z, s, classes, 1, row0, table);
      for (let k = 0; k < classes; k++) {
        const row = <usize>k * ROW;
        const seen = v + (validRows == 1 ? 0 : row);
        const factor = dy + (<usize>(b * classes + k) << 2);
        const onPositive = v128.load32_splat(factor);
        const onNegative = v128.load32_splat(factor + plane);
        for (let lane: usize = 0; lane < ROW; lane += 16) {
          const score = v128.load(z + row + lane);
          const yy = v128.load(y + row + lane);
          const ss = v128.load(s + row + lane);
          let gradient: v128;
          if (sigmoid) {
            // d/dz[-c^γ log s] = c^γ (γ s log s - c), and the other by symmetry
            const cc = v128.load(c + row + lane);
            const tail = v128.load(l + row + lane);
            const logS = f32x4.sub(f32x4.pmin(score, zero), tail);
            const logC = f32x4.sub(f32x4.pmin(f32x4.neg(score), zero), tail);
            const up = f32x4.sub(f32x4.mul(exponent, f32x4.mul(ss, logS)), cc);
            const down = f32x4.sub(ss, f32x4.mul(exponent, f32x4.mul(cc, logC)));
            gradient = f32x4.mul(f32x4.mul(f32x4.mul(yy, onPositive), up), power4(cc, logC, exponent, whole, table));
            const rest = f32x4.mul(f32x4.sub(v128.load(seen + lane), yy), onNegative);
            gradient = f32x4.add(gradient, f32x4.mul(f32x4.mul(rest, down), power4(ss, logS, exponent, whole, table)));
          } else {
            // s φ'(s) = (1-s)^γ (γ s log s / (1-s) - 1); log s / (1-s) tends to -1 at s = 1, where the quotient loses all digits
            const cc = f32x4.sub(one, ss);
            const logS = f32x4.sub(score, v128.load(row0 + lane));
            const apart = f32x4.gt(cc, f32x4.splat(1e-5));
            const ratio = v128.bitselect(f32x4.div(logS, cc), f32x4.neg(one), apart);
            const eased = power4(cc, logOfRest(cc, whole), exponent, whole, table);
            const slope = f32x4.mul(eased, f32x4.sub(f32x4.mul(f32x4.mul(exponent, ss), ratio), one));
            gradient = f32x4.mul(f32x4.mul(yy, onPositive), slope);
          }
          v128.store(g + row + lane, gradient);
        }
      }
      if (!sigmoid) throughSoftmax(g, s, row0, size);
      fromRows(g, out + (<usize>((b * pixels + first) * classes) << 2), count, classes);
    }
  }
}

/** g - s Σ_k g_k */
function throughSoftmax(g: usize, s: usize, total: usize, size: usize): void {
  memory.fill(total, 0, ROW);
  for (let row: usize = 0; row < size; row += ROW) {
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      v128.store(total + lane, f32x4.add(v128.load(total + lane), v128.load(g + row + lane)));
    }
  }
  for (let row: usize = 0; row < size; row += ROW) {
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const shared = f32x4.mul(v128.load(s + row + lane), v128.load(total + lane));
      v128.store(g + row + lane, f32x4.sub(v128.load(g + row + lane), shared));
    }
  }
}
