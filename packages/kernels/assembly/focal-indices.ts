// Focal sums of a sigmoid where labels are class indices: every element but one of a pixel is a negative, so that the pixels
// are read as they lie, four at a time: their K vectors of four elements each, whose channels are the same in every four.
import { exp4, log1p4, TABLE, writeTable } from './exponential';
import { power4, wholeOf } from './focal';
import { flushElements } from './elements';
import { BLOCK, ROW } from './region-block';
import { firstPixel, imageOf, lastPixel, RUN } from './region-parts';

/** A logit of which nothing is left: s = 0 and log(1 - s) = 0, exactly. */
const NOTHING: f32 = -100;

/** Bytes of scratch: a table, two blocks, two rows, and two vectors for each class. */
export function focalIndexScratch(classes: i32): i32 {
  return TABLE + (2 * classes + 2) * <i32>ROW + 32 * classes;
}

/**
 * Copies a block. The logits of the labels go to `own` with the sign turned, since -(1-s)^γ log s is what a negative of -z costs, and NOTHING stands in
 * their place, as at ignored pixels and beyond the last one.
 */
function takeLabels(logits: usize, indices: usize, count: i32, classes: i32, block: usize, own: usize): void {
  const pixel = <usize>classes << 2;
  memory.copy(block, logits, <usize>count * pixel);
  for (let i = 0; i < BLOCK; i++) {
    const lane = <usize>i << 2;
    const label = i < count ? load<i32>(indices + lane) : -1;
    const from = block + <usize>i * pixel;
    if (label >= 0) {
      const at = from + (<usize>label << 2);
      store<f32>(own + lane, -load<f32>(at));
      store<f32>(at, NOTHING);
    } else {
      store<f32>(own + lane, NOTHING);
      for (let k: usize = 0; k < pixel; k += 4) store<f32>(from + k, NOTHING);
    }
  }
}

/** e = exp(-|z|) of `bytes` bytes, a step after the other of what does not wait for each other. */
function exponentialsOf(z: usize, e: usize, bytes: usize, table: usize): void {
  for (const end = z + bytes; z < end; z += 16) {
    v128.store(e, exp4(f32x4.neg(f32x4.abs(v128.load(z))), table));
    e += 16;
  }
}

/**
 * Of `count` vectors that are `step` bytes apart, given e = exp(-|z|): answers sum + Σ s^γ (-log(1-s)). Unless `slopes` is 0, the derivatives by z,
 * s^γ (s - γ (1-s) log(1-s)), go there, as far apart.
 */
// @ts-ignore: decorator of AssemblyScript
// prettier-ignore
@inline
function negatives(
  z: usize, e: usize, slopes: usize, step: usize, count: i32, sum: v128, gamma: v128, whole: i32, table: usize,
): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let i = 0; i < count; i++) {
    const x = v128.load(z);
    const power = v128.load(e);
    const tail = log1p4(power, table);
    const logRest = f32x4.sub(f32x4.pmin(f32x4.neg(x), zero), tail);
    const above = f32x4.ge(x, zero);
    const inverse = f32x4.div(one, f32x4.add(one, power));
    const s = f32x4.mul(v128.bitselect(one, power, above), inverse);
    const factor = power4(s, f32x4.sub(f32x4.pmin(x, zero), tail), gamma, whole, table);
    sum = f32x4.sub(sum, f32x4.mul(factor, logRest));
    if (slopes != 0) {
      const rest = f32x4.mul(v128.bitselect(power, one, above), inverse);
      v128.store(slopes, f32x4.mul(factor, f32x4.sub(s, f32x4.mul(f32x4.mul(gamma, rest), logRest))));
      slopes += step;
    }
    z += step;
    e += step;
  }
  return sum;
}

/**
 * The costs of a block: by channel, as it lies, added to `sums`, and of its labels, one by one, into `own`. Unless `slopes` is 0, the derivative of each
 * element's cost by its logit goes there, [16, K]. `e` and `ownSlopes` hold exp(-|z|), and the slopes may be written over them.
 */
// @ts-ignore: decorator of AssemblyScript
// prettier-ignore
@inline
function costs(
  z: usize, e: usize, own: usize, slopes: usize, ownSlopes: usize, classes: i32, sums: usize, gamma: v128, whole: i32, table: usize,
): void {
  const step = <usize>classes << 4;
  for (let j: usize = 0; j < step; j += 16) {
    const to = slopes == 0 ? <usize>0 : slopes + j;
    v128.store(sums + j, negatives(z + j, e + j, to, step, 4, v128.load(sums + j), gamma, whole, table));
  }
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const to = slopes == 0 ? <usize>0 : ownSlopes + lane;
    v128.store(own + lane, negatives(own + lane, ownSlopes + lane, to, 16, 1, f32x4.splat(0), gamma, whole, table));
  }
}

/** Takes a block of pixels into `block` and computes its {@link costs}; of fewer than 16 pixels the slopes are copied from `e`. */
// prettier-ignore
function costsOfBlock(
  logits: usize, labels: usize, slopes: usize, count: i32, classes: i32, block: usize, sums: usize, gamma: f32, table: usize,
): void {
  const row = <usize>classes << 2;
  const size = <usize>classes * ROW;
  const e = block + size;
  const own = e + size;
  const ownSlopes = own + ROW;
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  takeLabels(logits, labels, count, classes, block, own);
  exponentialsOf(block, e, size, table);
  exponentialsOf(own, ownSlopes, ROW, table);
  if (slopes == 0) {
    costs(block, e, own, 0, ownSlopes, classes, sums, exponent, whole, table);
    return;
  }
  const to = count == BLOCK ? slopes : e;
  if (whole == 2) costs(block, e, own, to, ownSlopes, classes, sums, exponent, 2, table);
  else costs(block, e, own, to, ownSlopes, classes, sums, exponent, whole, table);
  if (to == e) memory.copy(slopes, e, <usize>count * row);
  for (let i = 0; i < count; i++) {
    const label = load<i32>(labels + (<usize>i << 2));
    // Of the other direction of z.
    if (label >= 0) store<f32>(slopes + <usize>i * row + (<usize>label << 2), -load<f32>(ownSlopes + (<usize>i << 2)));
  }
}

/**
 * The sums, float64 [P, 2, K] at `partial`. Unless `kept` is 0, the derivative of each element's cost by its logit is written there, [B, N, K].
 */
// prettier-ignore
export function focalIndexSums(
  logits: usize, indices: usize, kept: usize, partial: usize, pixels: i32, classes: i32, gamma: f32, scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const block = table + TABLE;
  const own = block + 2 * <usize>classes * ROW;
  const vectors = own + 2 * ROW;
  const step = <usize>classes << 4;
  const row = <usize>classes << 2;
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
      const at = <usize>pixel * row;
      costsOfBlock(logits + at, labels, kept == 0 ? 0 : kept + at, count, classes, block, vectors, gamma, table);
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

/** The slopes of a block times the factor of each channel, four of them as they lie; those of the labels times their own. */
function scaleBlock(slopes: usize, labels: usize, own: usize, negative: usize, positive: usize, count: i32, classes: i32): void {
  const row = <usize>classes << 2;
  for (let i = 0; i < count; i++) {
    const label = <usize>load<i32>(labels + (<usize>i << 2)) << 2;
    if (<i32>label < 0) continue;
    store<f32>(own + (<usize>i << 2), load<f32>(positive + label) * load<f32>(slopes + <usize>i * row + label));
  }
  let at = slopes;
  let factor = negative;
  const step = <usize>classes << 4;
  for (let left = count; left >= 4; left -= 4) {
    factor = negative;
    for (const end = at + step; at < end; at += 16) {
      v128.store(at, f32x4.mul(v128.load(at), v128.load(factor)));
      factor += 16;
    }
  }
  factor = negative;
  for (const end = slopes + <usize>count * row; at < end; at += 4) {
    store<f32>(at, load<f32>(at) * load<f32>(factor));
    factor += 4;
  }
  for (let i = 0; i < count; i++) {
    const label = <usize>load<i32>(labels + (<usize>i << 2)) << 2;
    if (<i32>label >= 0) store<f32>(slopes + <usize>i * row + label, load<f32>(own + (<usize>i << 2)));
  }
}

/** The gradient of the logits, out [B, N, K], given dy [2, B, K]. Unless `kept` is 0, the slopes of the sums are in `out` already. */
// prettier-ignore
export function focalIndexGradient(
  logits: usize, indices: usize, kept: usize, dy: usize, out: usize, batch: i32, pixels: i32, classes: i32, gamma: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const block = table + TABLE;
  const own = block + 2 * <usize>classes * ROW;
  const vectors = own + 2 * ROW;
  const step = <usize>classes << 4;
  const unused = vectors + step;
  const row = <usize>classes << 2;
  for (let part = first; part < end; part++) {
    const onPositive = dy + <usize>imageOf(part, pixels) * row;
    for (let at: usize = 0; at < step; at += row) memory.copy(vectors + at, onPositive + <usize>batch * row, row);
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const labels = indices + (<usize>pixel << 2);
      const to = out + <usize>pixel * row;
      if (kept == 0) costsOfBlock(logits + <usize>pixel * row, labels, to, count, classes, block, unused, gamma, table);
      scaleBlock(to, labels, own, vectors, onPositive, count, classes);
    }
  }
}
