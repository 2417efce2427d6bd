// Focal sums of a sigmoid where labels are class indices: every element but one of a pixel is a negative, so that the pixels
// are read as they lie, four at a time: their K vectors of four elements each, whose channels are the same in every four.
import { exp4, log1p4, TABLE, writeTable } from './exponential';
import { power4, wholeOf } from './focal';
import { BLOCK, ROW } from './region-block';

/** A logit of which nothing is left: s = 0 and log(1 - s) = 0, exactly. */
const NOTHING: f32 = -100;

/** Bytes of scratch for so many classes: a table, a block, a vector for each class, a row, two float64 sums for each class. */
export function focalIndexScratch(classes: i32): i32 {
  return TABLE + classes * (<i32>ROW + 32) + <i32>ROW;
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
  const tail = log1p4(e);
  const logRest = f32x4.sub(f32x4.pmin(f32x4.neg(z), zero), tail);
  const above = f32x4.ge(z, zero);
  const inverse = f32x4.div(one, f32x4.add(one, e));
  const s = f32x4.mul(v128.bitselect(one, e, above), inverse);
  const power = power4(s, f32x4.sub(f32x4.pmin(z, zero), tail), gamma, whole, table);
  if (!slope) return f32x4.neg(f32x4.mul(power, logRest));
  const rest = f32x4.mul(v128.bitselect(e, one, above), inverse);
  return f32x4.mul(power, f32x4.sub(s, f32x4.mul(f32x4.mul(gamma, rest), logRest)));
}

/** Adds a vector for each class, which hold four pixels' elements as they lie, to float64 sums, and clears them. */
function flush(vectors: usize, sums: usize, classes: i32): void {
  let k = 0;
  for (let i = 0; i < 4 * classes; i++) {
    const from = vectors + (<usize>i << 2);
    const to = sums + (<usize>k << 3);
    store<f64>(to, load<f64>(to) + <f64>load<f32>(from));
    store<f32>(from, 0);
    if (++k == classes) k = 0;
  }
}

/** As `focalSums`, out [2, B, K]. */
// prettier-ignore
export function focalIndexSums(
  logits: usize, indices: usize, out: usize, scratch: usize, batch: i32, pixels: i32, classes: i32, gamma: f32,
): void {
  const table = scratch;
  writeTable(table);
  const block = scratch + TABLE;
  const vectors = block + <usize>classes * ROW;
  const own = vectors + (<usize>classes << 4);
  const positive = own + ROW;
  const negative = positive + (<usize>classes << 3);
  const plane = <usize>(batch * classes) << 2;
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  const step = <usize>classes << 4;
  for (let b = 0; b < batch; b++) {
    memory.fill(positive, 0, <usize>classes << 4);
    memory.fill(vectors, 0, step);
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      const at = <usize>(b * pixels + first);
      const labels = indices + (at << 2);
      takeLabels(logits + (at * <usize>classes << 2), labels, count, classes, block, own);
      const end = block + <usize>((count + 3) >> 2) * step;
      for (let from = block; from < end; from += step) {
        for (let j: usize = 0; j < step; j += 16) {
          const cost = negative4(v128.load(from + j), exponent, whole, false, table);
          v128.store(vectors + j, f32x4.add(v128.load(vectors + j), cost));
        }
      }
      // -(1-s)^γ log s of a label is what a negative of -z costs.
      for (let lane: usize = 0; lane < <usize>count << 2; lane += 16) {
        v128.store(own + lane, negative4(f32x4.neg(v128.load(own + lane)), exponent, whole, false, table));
      }
      for (let i = 0; i < count; i++) {
        const label = load<i32>(labels + (<usize>i << 2));
        if (label < 0) continue;
        const to = positive + (<usize>label << 3);
        store<f64>(to, load<f64>(to) + <f64>load<f32>(own + (<usize>i << 2)));
      }
      if ((first & 1023) == 0) flush(vectors, negative, classes);
    }
    flush(vectors, negative, classes);
    for (let k = 0; k < classes; k++) {
      const to = out + (<usize>(b * classes + k) << 2);
      store<f32>(to, <f32>load<f64>(positive + (<usize>k << 3)));
      store<f32>(to + plane, <f32>load<f64>(negative + (<usize>k << 3)));
    }
  }
}

/** As `focalGradient`: the gradient of the logits, out [B, N, K], given dy [2, B, K]. */
// prettier-ignore
export function focalIndexGradient(
  logits: usize, indices: usize, dy: usize, out: usize, scratch: usize, batch: i32, pixels: i32, classes: i32, gamma: f32,
): void {
  const table = scratch;
  writeTable(table);
  const block = scratch + TABLE;
  const vectors = block + <usize>classes * ROW;
  const own = vectors + (<usize>classes << 4);
  const plane = <usize>(batch * classes) << 2;
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  const step = <usize>classes << 4;
  const pixel = <usize>classes << 2;
  for (let b = 0; b < batch; b++) {
    const onPositive = dy + <usize>b * pixel;
    for (let copy: usize = 0; copy < 4; copy++) memory.copy(vectors + copy * pixel, onPositive + plane, pixel);
    for (let first = 0; first < pixels; first += BLOCK) {
      const count = min(BLOCK, pixels - first);
      const at = <usize>(b * pixels + first);
      const labels = indices + (at << 2);
      takeLabels(logits + at * pixel, labels, count, classes, block, own);
      const end = block + <usize>((count + 3) >> 2) * step;
      for (let from = block; from < end; from += step) {
        for (let j: usize = 0; j < step; j += 16) {
          const slope = negative4(v128.load(from + j), exponent, whole, true, table);
          v128.store(from + j, f32x4.mul(slope, v128.load(vectors + j)));
        }
      }
      for (let lane: usize = 0; lane < <usize>count << 2; lane += 16) {
        v128.store(own + lane, f32x4.neg(negative4(f32x4.neg(v128.load(own + lane)), exponent, whole, true, table)));
      }
      for (let i = 0; i < count; i++) {
        const label = load<i32>(labels + (<usize>i << 2));
        if (label < 0) continue;
        const factor = load<f32>(onPositive + (<usize>label << 2));
        store<f32>(block + <usize>i * pixel + (<usize>label << 2), factor * load<f32>(own + (<usize>i << 2)));
      }
      memory.copy(out + at * pixel, block, <usize>count * pixel);
    }
  }
}
