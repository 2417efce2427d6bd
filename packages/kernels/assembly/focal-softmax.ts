// Focal sums of a softmax, Σ y (1-s)^γ (-log s): labels are class indices, or given for each class.
import { blockLabels, NONE_SEEN, SOME_SEEN } from './block-labels';
import { TABLE, writeTable } from './exponential';
import { softmaxFactor4, softmaxSlope4, wholeOf } from './focal';
import { multiplyAdd } from './multiply-add';
import { BLOCK, exponentials, fromRows, hideIgnored, invert, loadTargets, logarithms, ROW, toRows } from './region-block';
import { firstPixel, flushLanes, imageOf, lastPixel, RUN } from './region-parts';

/** Bytes of scratch: a table, four blocks of rows, eight rows, and four lanes for each class. */
export function focalSoftmaxScratch(classes: i32): i32 {
  return TABLE + (4 * classes + 8) * <i32>ROW + 16 * classes;
}

/** logS = z - logs of each pixel's label, 0 where it has none. */
function ownLogs(z: usize, logs: usize, labels: usize, logS: usize): void {
  for (let i: usize = 0; i < ROW; i += 4) {
    const label = load<i32>(labels + i);
    store<f32>(logS + i, label < 0 ? 0 : load<f32>(z + <usize>label * ROW + i) - load<f32>(logs + i));
  }
}

/** The sums, float64 [P, 2, K] at `partial`; those of negatives are 0. */
// prettier-ignore
export function focalSoftmaxSums(
  logits: usize, target: usize, valid: usize, indices: usize, partial: usize, pixels: i32, classes: i32, validRows: i32, gamma: f32,
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
  const labels = logs + ROW;
  const own = labels + ROW;
  const lanes = own + ROW;
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
      if (indices != 0) {
        const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, seen);
        if (kind == NONE_SEEN) continue;
        toRows(logits + (<usize>(pixel * classes) << 2), z, count, classes);
        if (kind == SOME_SEEN) hideIgnored(z, seen, classes);
      } else {
        loadTargets(logits, target, valid, pixel, count, classes, validRows, z, y, v, seen);
      }
      exponentials(z, e, total, largest, classes, table);
      logarithms(largest, total, logs, table);
      invert(seen, total, largest);
      if (indices != 0) {
        ownLogs(z, logs, labels, own);
        for (let i: usize = 0; i < ROW; i += 4) {
          const label = load<i32>(labels + i);
          store<f32>(seen + i, label < 0 ? 0 : load<f32>(e + <usize>label * ROW + i) * load<f32>(largest + i));
        }
        for (let lane: usize = 0; lane < ROW; lane += 16) {
          const factor = softmaxFactor4(f32x4.sub(one, v128.load(seen + lane)), exponent, whole, table);
          v128.store(own + lane, f32x4.mul(factor, v128.load(own + lane)));
        }
        for (let i: usize = 0; i < ROW; i += 4) {
          const label = load<i32>(labels + i);
          if (label < 0) continue;
          const to = sums + (<usize>label << 3);
          store<f64>(to, load<f64>(to) - <f64>load<f32>(own + i));
        }
        continue;
      }
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
  logits: usize, target: usize, valid: usize, indices: usize, dy: usize, out: usize, batch: i32, pixels: i32, classes: i32,
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
  const labels = logs + ROW;
  const own = labels + ROW;
  const inverse = own + ROW;
  const zero = f32x4.splat(0);
  const exponent = f32x4.splat(gamma);
  const whole = wholeOf(gamma);
  for (let part = first; part < end; part++) {
    const factors = dy + (<usize>(imageOf(part, pixels) * classes) << 2);
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const to = out + (<usize>(pixel * classes) << 2);
      if (indices != 0) {
        const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, seen);
        toRows(logits + (<usize>(pixel * classes) << 2), z, count, classes);
        if (kind == SOME_SEEN || kind == NONE_SEEN) hideIgnored(z, seen, classes);
      } else {
        loadTargets(logits, target, valid, pixel, count, classes, validRows, z, y, v, seen);
      }
      exponentials(z, e, total, largest, classes, table);
      logarithms(largest, total, logs, table);
      invert(seen, total, inverse);
      // Derivatives by log s: of the label alone into own, or of each class in place of y, and their sum into own.
      if (indices != 0) {
        ownLogs(z, logs, labels, own);
        for (let i: usize = 0; i < ROW; i += 4) {
          const label = load<i32>(labels + i);
          store<f32>(total + i, label < 0 ? 0 : load<f32>(e + <usize>label * ROW + i) * load<f32>(inverse + i));
          store<f32>(largest + i, label < 0 ? 0 : load<f32>(factors + (<usize>label << 2)));
        }
        for (let lane: usize = 0; lane < ROW; lane += 16) {
          const slope = softmaxSlope4(v128.load(total + lane), v128.load(own + lane), exponent, whole, table);
          v128.store(own + lane, f32x4.mul(v128.load(largest + lane), slope));
        }
      } else {
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
      }
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        const shared = f32x4.mul(v128.load(own + lane), v128.load(inverse + lane));
        for (let row: usize = 0; row < size; row += ROW) {
          const onLog = indices != 0 ? zero : v128.load(y + row + lane);
          v128.store(e + row + lane, f32x4.sub(onLog, f32x4.mul(v128.load(e + row + lane), shared)));
        }
      }
      if (indices != 0) {
        for (let i: usize = 0; i < ROW; i += 4) {
          const label = load<i32>(labels + i);
          if (label < 0) continue;
          const g = e + <usize>label * ROW + i;
          store<f32>(g, load<f32>(g) + load<f32>(own + i));
        }
      }
      fromRows(e, to, count, classes);
    }
  }
}
