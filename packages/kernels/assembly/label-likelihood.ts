// log s of each pixel's own label, s = softmax(z), where labels are class indices. Losses that are a function of the label's
// probability compute the rest on one number for each pixel.
import { TABLE, writeTable } from './exponential';
import { blockLabels, NONE_SEEN, SOME_SEEN } from './block-labels';
import { BLOCK, exponentials, fromRows, hideIgnored, invert, logarithms, ROW, toRows } from './region-block';
import { firstPixel, lastPixel } from './region-parts';

/** Bytes of scratch: a table, two blocks of rows, and eight rows. */
export function labelLikelihoodScratch(classes: i32): i32 {
  return TABLE + (2 * classes + 8) * <i32>ROW;
}

/** out [B, N] = log s of the label, 0 at ignored pixels. */
// prettier-ignore
export function labelLikelihoodSums(
  logits: usize, indices: usize, out: usize, pixels: i32, classes: i32, scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const e = z + <usize>classes * ROW;
  const v = e + <usize>classes * ROW;
  const total = v + ROW;
  const largest = total + ROW;
  const logs = largest + ROW;
  const labels = logs + ROW;
  for (let part = first; part < end; part++) {
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const to = out + (<usize>pixel << 2);
      const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, v);
      if (kind == NONE_SEEN) {
        memory.fill(to, 0, <usize>count << 2);
        continue;
      }
      toRows(logits + (<usize>pixel * <usize>classes << 2), z, count, classes);
      if (kind == SOME_SEEN) hideIgnored(z, v, classes);
      exponentials(z, e, total, largest, classes, table);
      logarithms(largest, total, logs, table);
      for (let i: usize = 0; i < <usize>count << 2; i += 4) {
        const label = load<i32>(labels + i);
        store<f32>(to + i, label < 0 ? 0 : load<f32>(z + <usize>label * ROW + i) - load<f32>(logs + i));
      }
    }
  }
}

/** The gradient of the logits, out [B, N, K], given dy [B, N]: dy (1 at the label - s). */
// prettier-ignore
export function labelLikelihoodGradient(
  logits: usize, indices: usize, dy: usize, out: usize, pixels: i32, classes: i32, scratch: usize, first: i32, end: i32,
): void {
  const row = <usize>classes << 2;
  const table = scratch;
  writeTable(table, 1);
  const z = table + TABLE;
  const e = z + <usize>classes * ROW;
  const v = e + <usize>classes * ROW;
  const total = v + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  const labels = inverse + ROW;
  const factors = labels + ROW;
  for (let part = first; part < end; part++) {
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const to = out + <usize>pixel * row;
      const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, v);
      if (kind == NONE_SEEN) {
        memory.fill(to, 0, <usize>count * row);
        continue;
      }
      toRows(logits + (<usize>pixel * <usize>classes << 2), z, count, classes);
      if (kind == SOME_SEEN) hideIgnored(z, v, classes);
      exponentials(z, e, total, largest, classes, table);
      invert(v, total, inverse);
      memory.fill(factors, 0, ROW);
      memory.copy(factors, dy + (<usize>pixel << 2), <usize>count << 2);
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        // 1 / Σ e is 0 at ignored pixels, whose dy may be anything, even NaN.
        const scale = v128.load(inverse + lane);
        const seen = f32x4.gt(v128.load(v + lane), f32x4.splat(0));
        const factor = v128.and(seen, f32x4.mul(f32x4.neg(v128.load(factors + lane)), scale));
        for (let at = e + lane, stop = at + <usize>classes * ROW; at < stop; at += ROW) {
          v128.store(at, f32x4.mul(v128.load(at), factor));
        }
      }
      for (let i: usize = 0; i < <usize>count << 2; i += 4) {
        const label = load<i32>(labels + i);
        if (label < 0) continue;
        const at = e + <usize>label * ROW + i;
        store<f32>(at, load<f32>(at) + load<f32>(factors + i));
      }
      fromRows(e, to, count, classes);
    }
  }
}
