// log s of each pixel's own label, s = softmax(z), where labels are class indices. Losses that are a function of the label's
// probability compute the rest on one number for each pixel.
import { TABLE, writeTable } from './exponential';
import { blockLabels, NONE_SEEN, SOME_SEEN } from './block-labels';
import { scaleRows } from './combine-rows';
import { BLOCK, copyRow, exponentialsBelow, invert, keptOrComputed, logarithms, logitsToRows, ROW } from './region-block';
import { firstPixel, lastPixel } from './region-parts';

/** Bytes of scratch: a table, two blocks of rows, and eight rows. */
export function labelLikelihoodScratch(classes: i32): i32 {
  return TABLE + (2 * classes + 8) * <i32>ROW;
}

/**
 * out [B, N] = log s of the label, 0 at ignored pixels. Unless `kept` is 0, the exponentials exp(z - max) of the blocks that are full and not ignored
 * as a whole are written there, each where its pixels will be, in rows.
 */
// prettier-ignore
export function labelLikelihoodSums(
  logits: usize, indices: usize, kept: usize, out: usize, pixels: i32, classes: i32, scratch: usize, first: i32, end: i32,
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
      const at = <usize>pixel * <usize>classes << 2;
      logitsToRows(logits + at, z, v, kind != SOME_SEEN, largest, count, classes);
      exponentialsBelow(z, kept != 0 && count == BLOCK ? kept + at : e, total, largest, classes, table);
      logarithms(largest, total, logs, table);
      if (kind >= 0) {
        const own = z + <usize>kind * ROW;
        for (let lane: usize = 0; lane < ROW; lane += 16) {
          v128.store(to + lane, f32x4.sub(v128.load(own + lane), v128.load(logs + lane)));
        }
        continue;
      }
      for (let i: usize = 0; i < <usize>count << 2; i += 4) {
        const label = load<i32>(labels + i);
        store<f32>(to + i, label < 0 ? 0 : load<f32>(z + <usize>label * ROW + i) - load<f32>(logs + i));
      }
    }
  }
}

/**
 * The gradient of the logits, out [B, N, K], given dy [B, N]: dy (1 at the label - s). Unless `kept` is 0, the exponentials of each full block are there
 * in rows; `out` may be the same place.
 */
// prettier-ignore
export function labelLikelihoodGradient(
  logits: usize, indices: usize, kept: usize, dy: usize, out: usize, pixels: i32, classes: i32, scratch: usize, first: i32, end: i32,
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
  const onLog = labels + ROW;
  const factors = onLog + ROW;
  const zero = f32x4.splat(0);
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
      const from = dy + (<usize>pixel << 2);
      if (count == BLOCK) {
        copyRow(from, onLog);
      } else {
        memory.fill(onLog, 0, ROW);
        memory.copy(onLog, from, <usize>count << 2);
      }
      keptOrComputed(kept, logits, <usize>pixel * row, z, e, v, kind != SOME_SEEN, total, largest, count, classes, table);
      invert(v, total, inverse);
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        // 1 / Σ e is 0 at ignored pixels, whose dy may be anything, even NaN.
        const seen = f32x4.gt(v128.load(v + lane), zero);
        const factor = f32x4.mul(f32x4.neg(v128.load(onLog + lane)), v128.load(inverse + lane));
        v128.store(factors + lane, v128.and(seen, factor));
      }
      scaleRows(e, factors, to, count, classes);
      for (let i = 0; i < count; i++) {
        const label = load<i32>(labels + (<usize>i << 2));
        if (label < 0) continue;
        const at = to + <usize>i * row + (<usize>label << 2);
        store<f32>(at, load<f32>(at) + load<f32>(onLog + (<usize>i << 2)));
      }
    }
  }
}
