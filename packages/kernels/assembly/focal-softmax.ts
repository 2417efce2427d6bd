// Focal sums of a softmax, Σ y (1-s)^γ (-log s), where y is given for each class.
import { TABLE, writeTable } from './exponential';
import { softmaxFactor4, softmaxSlope4, wholeOf } from './focal';
import { BLOCK, exponentials, fromRows, invert, loadTargets, logarithms, ROW } from './region-block';
import { firstPixel, flushLanes, imageOf, lastPixel, RUN } from './region-parts';

/** Bytes of scratch: a table, four blocks of rows, six rows, and four lanes for each class. */
export function focalSoftmaxScratch(classes: i32): i32 {
  return TABLE + (4 * classes + 6) * <i32>ROW + 16 * classes;
}

/** The sums, float64 [P, 2, K] at `partial`; those of negatives are 0. */
// prettier-ignore
export function focalSoftmaxSums(
  logits: usize, target: usize, valid: usize, partial: usize, pixels: i32, classes: i32, validRows: i32, gamma: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>classes * ROW;
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const y = z + size;
  const v = y + size;
  const e = v + size;
  const seen = e + size;
  const total = seen + ROW;
  const largest = total + ROW;
  const logs = largest + ROW;
  const lanes = logs + ROW;
  const one = f32x4.splat(1);
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  for (let part = first; part < end; part++) {
    const sums = partial + (<usize>(2 * part * classes) << 3);
    memory.fill(sums, 0, <usize>classes << 4);
    memory.fill(lanes, 0, <usize>classes << 4);
    let run = 0;
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      loadTargets(logits, target, valid, pixel, count, classes, validRows, z, y, v, seen);
      exponentials(z, e, total, largest, classes, table);
      logarithms(largest, total, logs, table);
      invert(seen, total, largest);
      for (let k = 0; k < classes; k++) {
        const row = <usize>k * ROW;
        let sum = v128.load(lanes + (<usize>k << 4));
        for (let lane: usize = 0; lane < ROW; lane += 16) {
          const s = f32x4.mul(v128.load(e + row + lane), v128.load(largest + lane));
          const logS = f32x4.sub(v128.load(z + row + lane), v128.load(logs + lane));
          const cost = f32x4.mul(softmaxFactor4(f32x4.sub(one, s), exponent, whole, table), logS);
          sum = f32x4.sub(sum, f32x4.mul(v128.load(y + row + lane), cost));
        }
        v128.store(lanes + (<usize>k << 4), sum);
      }
      if (++run == RUN) {
        run = 0;
        flushLanes(lanes, sums, classes);
      }
    }
    flushLanes(lanes, sums, classes);
  }
}

/** The gradient of the logits, out [B, N, K], given dy [2, B, K]. */
// prettier-ignore
export function focalSoftmaxGradient(
  logits: usize, target: usize, valid: usize, dy: usize, out: usize, batch: i32, pixels: i32, classes: i32,
  validRows: i32, gamma: f32, scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>classes * ROW;
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const y = z + size;
  const v = y + size;
  const e = v + size;
  const seen = e + size;
  const total = seen + ROW;
  const largest = total + ROW;
  const logs = largest + ROW;
  const own = logs + ROW;
  const inverse = own + ROW;
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  for (let part = first; part < end; part++) {
    const factors = dy + (<usize>(imageOf(part, pixels) * classes) << 2);
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const to = out + (<usize>(pixel * classes) << 2);
      loadTargets(logits, target, valid, pixel, count, classes, validRows, z, y, v, seen);
      exponentials(z, e, total, largest, classes, table);
      logarithms(largest, total, logs, table);
      invert(seen, total, inverse);
      // Derivatives by log s of each class in place of y, and their sum into own.
      memory.fill(own, 0, ROW);
      for (let k = 0; k < classes; k++) {
        const row = <usize>k * ROW;
        const factor = v128.load32_splat(factors + (<usize>k << 2));
        for (let lane: usize = 0; lane < ROW; lane += 16) {
          const s = f32x4.mul(v128.load(e + row + lane), v128.load(inverse + lane));
          const logS = f32x4.sub(v128.load(z + row + lane), v128.load(logs + lane));
          const slope = softmaxSlope4(s, logS, exponent, whole, table);
          const onLog = f32x4.mul(f32x4.mul(v128.load(y + row + lane), factor), slope);
          v128.store(y + row + lane, onLog);
          v128.store(own + lane, f32x4.add(v128.load(own + lane), onLog));
        }
      }
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        const shared = f32x4.mul(v128.load(own + lane), v128.load(inverse + lane));
        for (let row: usize = 0; row < size; row += ROW) {
          const onLog = v128.load(y + row + lane);
          v128.store(e + row + lane, f32x4.sub(onLog, f32x4.mul(v128.load(e + row + lane), shared)));
        }
      }
      fromRows(e, to, count, classes);
    }
  }
}
