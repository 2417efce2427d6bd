// Focal sums of a sigmoid where y and v are given for each element.
import { elementBytes, flushElements, groupsOf, loadElements, sigmoidsAndLogs } from './elements';
import { TABLE, writeTable } from './exponential';
import { power4, wholeOf } from './focal';
import { firstPixel, imageOf, lastPixel } from './region-parts';

/** Groups of four pixels that are added in float32 before they go to float64. */
const RUN: i32 = 16;

/** Bytes of scratch: a table, seven lots of elements, and four lanes of two sums or factors for each class. */
export function focalElementScratch(classes: i32): i32 {
  return TABLE + 7 * elementBytes(classes) + 32 * classes;
}

/** The sums, float64 [P, 2, K] at `partial`. */
// prettier-ignore
export function focalElementSums(
  logits: usize, target: usize, valid: usize, partial: usize, pixels: i32, classes: i32, validRows: i32, gamma: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>elementBytes(classes);
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const logS = c + size;
  const logC = logS + size;
  const step = <usize>classes << 4;
  const lanes = logC + size;
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  const groups = min(RUN, groupsOf(classes));
  for (let part = first; part < end; part++) {
    const sums = partial + (<usize>(2 * part * classes) << 3);
    memory.fill(sums, 0, <usize>classes << 4);
    memory.fill(lanes, 0, 2 * step);
    let run = 0;
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += 4 * groups) {
      const count = min(4 * groups, last - pixel);
      const filled = (count + 3) >> 2;
      const bytes = <usize>filled * step;
      loadElements(logits, target, valid, 0, pixel, count, classes, validRows, z, y, v);
      sigmoidsAndLogs(z, s, c, logS, logC, bytes, table);
      for (let j: usize = 0; j < step; j += 16) {
        let positive = v128.load(lanes + j);
        let negative = v128.load(lanes + step + j);
        for (let at = j; at < bytes; at += step) {
          const yy = v128.load(y + at);
          const up = v128.load(logS + at);
          const down = v128.load(logC + at);
          const rest = f32x4.sub(v128.load(v + at), yy);
          positive = f32x4.sub(positive, f32x4.mul(f32x4.mul(yy, up), power4(v128.load(c + at), down, exponent, whole, table)));
          negative = f32x4.sub(negative, f32x4.mul(f32x4.mul(rest, down), power4(v128.load(s + at), up, exponent, whole, table)));
        }
        v128.store(lanes + j, positive);
        v128.store(lanes + step + j, negative);
      }
      run += filled;
      if (run >= RUN) {
        run = 0;
        flushElements(lanes, sums, 2, classes);
      }
    }
    flushElements(lanes, sums, 2, classes);
  }
}

/** The gradient of the logits, out [B, N, K], given dy [2, B, K]. */
// prettier-ignore
export function focalElementGradient(
  logits: usize, target: usize, valid: usize, dy: usize, out: usize, batch: i32, pixels: i32, classes: i32, validRows: i32,
  gamma: f32, scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>elementBytes(classes);
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const y = z + size;
  const v = y + size;
  const s = v + size;
  const c = s + size;
  const logS = c + size;
  const logC = logS + size;
  const step = <usize>classes << 4;
  const factors = logC + size;
  const row = <usize>classes << 2;
  const plane = <usize>batch * row;
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  const groups = groupsOf(classes);
  for (let part = first; part < end; part++) {
    const onPositive = dy + <usize>imageOf(part, pixels) * row;
    for (let at: usize = 0; at < step; at += row) {
      memory.copy(factors + at, onPositive, row);
      memory.copy(factors + step + at, onPositive + plane, row);
    }
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += 4 * groups) {
      const count = min(4 * groups, last - pixel);
      const bytes = <usize>((count + 3) >> 2) * step;
      loadElements(logits, target, valid, 0, pixel, count, classes, validRows, z, y, v);
      sigmoidsAndLogs(z, s, c, logS, logC, bytes, table);
      for (let j: usize = 0; j < step; j += 16) {
        const positive = v128.load(factors + j);
        const negative = v128.load(factors + step + j);
        for (let at = j; at < bytes; at += step) {
          const yy = v128.load(y + at);
          const ss = v128.load(s + at);
          const cc = v128.load(c + at);
          const up = v128.load(logS + at);
          const down = v128.load(logC + at);
          // d/dz[-c^γ log s] = c^γ (γ s log s - c), and the other by symmetry
          const onUp = f32x4.sub(f32x4.mul(exponent, f32x4.mul(ss, up)), cc);
          const onDown = f32x4.sub(ss, f32x4.mul(exponent, f32x4.mul(cc, down)));
          const rest = f32x4.mul(f32x4.sub(v128.load(v + at), yy), negative);
          const left = f32x4.mul(f32x4.mul(f32x4.mul(yy, positive), onUp), power4(cc, down, exponent, whole, table));
          const right = f32x4.mul(f32x4.mul(rest, onDown), power4(ss, up, exponent, whole, table));
          v128.store(z + at, f32x4.add(left, right));
        }
      }
      memory.copy(out + <usize>pixel * row, z, <usize>count * row);
    }
  }
}
