// Focal sums of a sigmoid where labels are class indices: every element but one of a pixel is a negative, so that the pixels
// are read as they lie, four at a time: their K vectors of four elements each, whose channels are the same in every four.
import { exp4, log1p4, TABLE, writeTable } from './exponential';
import { power4, wholeOf } from './focal';
import { flushElements } from './elements';
import { BLOCK, ROW } from './region-block';
import { firstPixel, imageOf, lastPixel, RUN } from './region-parts';

/** A logit of which nothing is left: s = 0 and log(1 - s) = 0, exactly. */
const NOTHING: f32 = -100;

/** Bytes of scratch: a table, a block, a row, and a vector for each class. */
export function focalIndexScratch(classes: i32): i32 {
  return TABLE + (classes + 1) * <i32>ROW + 16 * classes;
}

/** Copies a block; the logits of the labels go to `own`, and NOTHING stands in their place, as at ignored pixels. */
function takeLabels(logits: usize, indices: usize, count: i32, classes: i32, block: usize, own: usize): void {
  const pixel = <usize>classes << 2;
  memory.copy(block, logits, <usize>count * pixel);
  for (let i = 0; i < ((count + 3) & ~3); i++) {
    const lane = <usize>i << 2;
    const label = i < count ? load<i32>(indices + lane) : -1;
    if (label >= 0) {
      const at = block + <usize>i * pixel + (<usize>label << 2);
      store<f32>(own + lane, load<f32>(at));
      store<f32>(at, NOTHING);
    } else {
      store<f32>(own + lane, 0);
      for (let k: usize = 0; k < pixel; k += 4) store<f32>(block + <usize>i * pixel + k, NOTHING);
    }
  }
}

/** s^γ (-log(1-s)), or its derivative by z, s^γ (s - γ (1-s) log(1-s)). */
// @ts-ignore: decorator of AssemblyScript
@inline
function negative4(z: v128, gamma: v128, whole: i32, slope: bool, table: usize): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(z)), table);
  const tail = log1p4(e, table);
  const logRest = f32x4.sub(f32x4.pmin(f32x4.neg(z), zero), tail);
  const above = f32x4.ge(z, zero);
  const inverse = f32x4.div(one, f32x4.add(one, e));
  const s = f32x4.mul(v128.bitselect(one, e, above), inverse);
  const power = power4(s, f32x4.sub(f32x4.pmin(z, zero), tail), gamma, whole, table);
  if (!slope) return f32x4.neg(f32x4.mul(power, logRest));
  const rest = f32x4.mul(v128.bitselect(e, one, above), inverse);
  return f32x4.mul(power, f32x4.sub(s, f32x4.mul(f32x4.mul(gamma, rest), logRest)));
}

/** The sums, float64 [P, 2, K] at `partial`. */
// prettier-ignore
export function focalIndexSums(
  logits: usize, indices: usize, partial: usize, pixels: i32, classes: i32, gamma: f32, scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const block = table + TABLE;
  const vectors = block + <usize>classes * ROW;
  const own = vectors + (<usize>classes << 4);
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  const step = <usize>classes << 4;
  for (let part = first; part < end; part++) {
    const positive = partial + (<usize>(2 * part * classes) << 3);
    const negative = positive + (<usize>classes << 3);
    memory.fill(positive, 0, step);
    memory.fill(vectors, 0, step);
    let run = 0;
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const labels = indices + (<usize>pixel << 2);
      takeLabels(logits + (<usize>(pixel * classes) << 2), labels, count, classes, block, own);
      const stop = block + <usize>((count + 3) >> 2) * step;
      for (let j: usize = 0; j < step; j += 16) {
        let sum = v128.load(vectors + j);
        for (let at = block + j; at < stop; at += step) {
          sum = f32x4.add(sum, negative4(v128.load(at), exponent, whole, false, table));
        }
        v128.store(vectors + j, sum);
      }
      // -(1-s)^γ log s of a label is what a negative of -z costs.
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        v128.store(own + lane, negative4(f32x4.neg(v128.load(own + lane)), exponent, whole, false, table));
      }
      for (let i = 0; i < count; i++) {
        const label = load<i32>(labels + (<usize>i << 2));
        if (label < 0) continue;
        const to = positive + (<usize>label << 3);
        store<f64>(to, load<f64>(to) + <f64>load<f32>(own + (<usize>i << 2)));
      }
      if (++run == RUN) {
        run = 0;
        flushElements(vectors, negative, 1, classes);
      }
    }
    flushElements(vectors, negative, 1, classes);
  }
}

/** The gradient of the logits, out [B, N, K], given dy [2, B, K]. */
// prettier-ignore
export function focalIndexGradient(
  logits: usize, indices: usize, dy: usize, out: usize, batch: i32, pixels: i32, classes: i32, gamma: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const block = table + TABLE;
  const vectors = block + <usize>classes * ROW;
  const own = vectors + (<usize>classes << 4);
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  const step = <usize>classes << 4;
  const row = <usize>classes << 2;
  for (let part = first; part < end; part++) {
    const onPositive = dy + <usize>imageOf(part, pixels) * row;
    for (let at: usize = 0; at < step; at += row) memory.copy(vectors + at, onPositive + <usize>batch * row, row);
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const labels = indices + (<usize>pixel << 2);
      takeLabels(logits + <usize>pixel * row, labels, count, classes, block, own);
      const stop = block + <usize>((count + 3) >> 2) * step;
      for (let j: usize = 0; j < step; j += 16) {
        const factor = v128.load(vectors + j);
        for (let at = block + j; at < stop; at += step) {
          v128.store(at, f32x4.mul(factor, negative4(v128.load(at), exponent, whole, true, table)));
        }
      }
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        v128.store(own + lane, f32x4.neg(negative4(f32x4.neg(v128.load(own + lane)), exponent, whole, true, table)));
      }
      for (let i = 0; i < count; i++) {
        const label = load<i32>(labels + (<usize>i << 2));
        if (label < 0) continue;
        const factor = load<f32>(onPositive + (<usize>label << 2));
        store<f32>(block + <usize>i * row + (<usize>label << 2), factor * load<f32>(own + (<usize>i << 2)));
      }
      memory.copy(out + <usize>pixel * row, block, <usize>count * row);
    }
  }
}
