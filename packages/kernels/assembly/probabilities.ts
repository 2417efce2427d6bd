// s = softmax(z) of every pixel, and its gradient, for losses that do more with probabilities than to add them up.
import { TABLE, writeTable } from './exponential';
import { multiplyAdd } from './multiply-add';
import { columnSum } from './reduce';
import { scaleRows } from './combine-rows';
import { BLOCK, exponentialsBelow, fromRows, hideIgnored, invert, logitsToRows, ROW, toRows } from './region-block';
import { firstPixel, lastPixel } from './region-parts';

/** Bytes of scratch: a table, two blocks of rows, and four rows. */
export function probabilitiesScratch(classes: i32): i32 {
  return TABLE + (2 * classes + 4) * <i32>ROW;
}

/** Whether v is above 0 in the whole row. */
// @ts-ignore: decorator of AssemblyScript
@inline
function allSeen(v: usize): bool {
  const least = f32x4.pmin(f32x4.pmin(v128.load(v), v128.load(v, 16)), f32x4.pmin(v128.load(v, 32), v128.load(v, 48)));
  return i32x4.all_true(f32x4.gt(least, f32x4.splat(0)));
}

/** out [B, N, K] = softmax(z), 0 where valid [B, N] is 0, whatever z is there. */
// prettier-ignore
export function probabilities(
  logits: usize, valid: usize, out: usize, pixels: i32, classes: i32, scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const e = z + <usize>classes * ROW;
  const v = e + <usize>classes * ROW;
  const total = v + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  for (let part = first; part < end; part++) {
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const at = <usize>pixel * <usize>classes << 2;
      toRows(valid + (<usize>pixel << 2), v, count, 1);
      logitsToRows(logits + at, z, v, allSeen(v), largest, count, classes);
      exponentialsBelow(z, e, total, largest, classes, table);
      invert(v, total, inverse);
      scaleRows(e, inverse, out + at, count, classes);
    }
  }
}

/** The gradient of the logits, out [B, N, K] = s (dy - Σ_k dy s), given s and dy [B, N, K]; 0 where valid is 0, even where dy is NaN. */
// prettier-ignore
export function probabilitiesGradient(
  probability: usize, valid: usize, dy: usize, out: usize, pixels: i32, classes: i32, scratch: usize, first: i32, end: i32,
): void {
  const s = scratch;
  const d = s + <usize>classes * ROW;
  const v = d + <usize>classes * ROW;
  for (let part = first; part < end; part++) {
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const at = <usize>pixel * <usize>classes << 2;
      toRows(valid + (<usize>pixel << 2), v, count, 1);
      toRows(probability + at, s, count, classes);
      toRows(dy + at, d, count, classes);
      hideIgnored(d, v, classes);
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        let mean = f32x4.splat(0);
        const stop = s + lane + <usize>classes * ROW;
        let factor = d + lane;
        for (let row = s + lane; row < stop; row += ROW) {
          mean = multiplyAdd(v128.load(row), v128.load(factor), mean);
          factor += ROW;
        }
        factor = d + lane;
        for (let row = s + lane; row < stop; row += ROW) {
          v128.store(row, f32x4.mul(v128.load(row), f32x4.sub(v128.load(factor), mean)));
          factor += ROW;
        }
      }
      fromRows(s, out + at, count, classes);
    }
  }
}

/** partial[part][k] = Σ over the pixels of a part of x [B, N, K], float64. */
export function pixelSums(x: usize, partial: usize, pixels: i32, classes: i32, scratch: usize, first: i32, end: i32): void {
  for (let part = first; part < end; part++) {
    const pixel = firstPixel(part, pixels);
    const from = x + (<usize>pixel * <usize>classes << 2);
    columnSum(from, partial + (<usize>part * <usize>classes << 3), lastPixel(part, pixels) - pixel, classes);
  }
}
