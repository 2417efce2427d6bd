// Region statistics of a softmax where labels are class indices: what depends on the label is one number for a pixel and
// not one for each class, so that a class costs little more than its exponential.
import { TABLE, writeTable } from './exponential';
import { multiplyAdd } from './multiply-add';
import { blockLabels, NONE_SEEN, SOME_SEEN } from './block-labels';
import { BLOCK, copyRow, exponentialsBelow, exponentialsSuffice, invert, logarithms, logitsToRows, MOST_ADJACENT, ROW, sumOfLanes, temperedRows } from './region-block';
import { addSums, firstPixel, flushLanes, lastPixel, RUN } from './region-parts';
import {
  COUNT, DIFFERENCE, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED, PREDICTED_SQUARES, slotOf, TARGET, TARGET_SQUARES, TEMPERED,
} from './region-slots';

/** Bytes of scratch: two tables, three blocks of rows, seven rows, and four vectors and float64 numbers for each class. */
export function softmaxIndexScratch(classes: i32): i32 {
  return 2 * TABLE + (3 * classes + 7) * <i32>ROW + classes * 96;
}

/** sums[k] += Σ e · inverse, four lanes */
function addProbabilities(e: usize, inverse: usize, sums: usize, classes: i32): void {
  const i0 = v128.load(inverse);
  const i1 = v128.load(inverse, 16);
  const i2 = v128.load(inverse, 32);
  const i3 = v128.load(inverse, 48);
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const ab = multiplyAdd(v128.load(e), i0, f32x4.mul(v128.load(e, 16), i1));
    const cd = multiplyAdd(v128.load(e, 32), i2, f32x4.mul(v128.load(e, 48), i3));
    v128.store(sums, f32x4.add(v128.load(sums), f32x4.add(ab, cd)));
    sums += 16;
  }
}

/** sums[k] += Σ (e · inverse)², four lanes */
function addSquares(e: usize, inverse: usize, sums: usize, classes: i32): void {
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    let sum = v128.load(sums);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const s = f32x4.mul(v128.load(e + lane), v128.load(inverse + lane));
      sum = multiplyAdd(s, s, sum);
    }
    v128.store(sums, sum);
    sums += 16;
  }
}

/** sums[k] += Σ v (z - logs), four lanes */
function addLogs(z: usize, v: usize, logs: usize, sums: usize, classes: i32): void {
  for (let k = 0; k < classes; k++) {
    let sum = v128.load(sums);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      sum = multiplyAdd(v128.load(v + lane), f32x4.sub(v128.load(z + lane), v128.load(logs + lane)), sum);
    }
    v128.store(sums, sum);
    sums += 16;
    z += ROW;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function addAt(sums: usize, k: i32, value: f64): void {
  if (sums != 0) store<f64>(sums + (<usize>k << 3), load<f64>(sums + (<usize>k << 3)) + value);
}

/** The float64 sums of a statistic, 0 if it is not wanted. */
// @ts-ignore: decorator of AssemblyScript
@inline
function placeOf(slots: usize, statistic: i32, sums: usize, classes: i32): usize {
  const slot = slotOf(slots, statistic);
  return slot < 0 ? 0 : sums + (<usize>(slot * classes) << 3);
}

/** Adds the row's statistics of the label that every pixel of the block has. */
// prettier-ignore
function addOwnRow(e: usize, inverse: usize, overlap: usize, overlapSquares: usize, difference: usize, label: i32): void {
  let sum = f32x4.splat(0);
  let square = sum;
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const s = f32x4.mul(v128.load(e + lane), v128.load(inverse + lane));
    sum = f32x4.add(sum, s);
    square = multiplyAdd(s, s, square);
  }
  const own = sumOfLanes(sum);
  addAt(overlap, label, own);
  addAt(overlapSquares, label, sumOfLanes(square));
  addAt(difference, label, <f64>BLOCK - 2 * own);
}

/** The logits of the labels into a row; `kind` is what `blockLabels` says. */
function ofLabels(z: usize, labels: usize, kind: i32, own: usize): void {
  if (kind >= 0) {
    copyRow(z + <usize>kind * ROW, own);
    return;
  }
  for (let i: usize = 0; i < ROW; i += 4) {
    const label = load<i32>(labels + i);
    if (label >= 0) store<f32>(own + i, load<f32>(z + <usize>label * ROW + i));
  }
}

/** Σ (z - logs) over a row */
function logLikelihood(z: usize, logs: usize): f64 {
  let sum = f32x4.splat(0);
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    sum = f32x4.add(sum, f32x4.sub(v128.load(z + lane), v128.load(logs + lane)));
  }
  return sumOfLanes(sum);
}

/**
 * The sums that have a slot, float64 [P, S, K] at `partial`: a few blocks are summed in float32 and these in float64. Unless `kept` is 0, the
 * exponentials exp(z - max) of the blocks that are full and not ignored as a whole are written there, each where its pixels will be, in rows.
 */
// prettier-ignore
export function softmaxIndexSums(
  logits: usize, indices: usize, kept: usize, partial: usize, slots: usize, statistics: i32, pixels: i32, classes: i32, temperature: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const table = scratch;
  const sharp = table + TABLE;
  writeTable(table, 1);
  writeTable(sharp, temperature);
  const wantTempered = slotOf(slots, TEMPERED) >= 0 && temperature != 1;
  const wantLogSum = slotOf(slots, LOG_SUM) >= 0;
  const e = sharp + TABLE;
  // Only two sums need the logits again; else exponentials of many classes take their place, so that the first-level cache holds fewer rows.
  const apart = classes <= MOST_ADJACENT || wantLogSum || (wantTempered && !exponentialsSuffice(temperature));
  const z = apart ? e + <usize>classes * ROW : e;
  const v = e + 2 * <usize>classes * ROW;
  const total = v + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  const logs = inverse + ROW;
  const labels = logs + ROW;
  const own = labels + ROW;
  // Sums over the classes: four lanes each, and float64.
  const lanes = own + ROW;
  const squareLanes = lanes + (<usize>classes << 4);
  const logLanes = squareLanes + (<usize>classes << 4);
  const temperedLanes = logLanes + (<usize>classes << 4);
  const totals = temperedLanes + (<usize>classes << 4);
  const plane = <usize>classes << 3;

  const wantOwn = slotOf(slots, OVERLAP) >= 0 || slotOf(slots, OVERLAP_SQUARES) >= 0 || slotOf(slots, DIFFERENCE) >= 0;
  const wantPredicted =
    slotOf(slots, PREDICTED) >= 0 || slotOf(slots, DIFFERENCE) >= 0 || (slotOf(slots, TEMPERED) >= 0 && temperature == 1);
  const wantSquares = slotOf(slots, PREDICTED_SQUARES) >= 0;
  const wantLogs = slotOf(slots, LOG_LIKELIHOOD) >= 0 || wantLogSum;
  const wantRows = kept != 0 || wantPredicted || wantSquares || wantOwn || wantLogs || wantTempered;
  for (let part = first; part < end; part++) {
    const sums = partial + <usize>(part * statistics) * plane;
    memory.fill(sums, 0, <usize>statistics * plane);
    memory.fill(lanes, 0, 12 * plane); // and the totals
    const target = placeOf(slots, TARGET, sums, classes);
    const targetSquares = placeOf(slots, TARGET_SQUARES, sums, classes);
    const overlap = placeOf(slots, OVERLAP, sums, classes);
    const overlapSquares = placeOf(slots, OVERLAP_SQUARES, sums, classes);
    const difference = placeOf(slots, DIFFERENCE, sums, classes);
    const likelihood = placeOf(slots, LOG_LIKELIHOOD, sums, classes);
    let seen = 0;
    let run = 0;
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, v);
      if (kind == NONE_SEEN) continue;
      let rows = e;
      if (wantRows) {
        const at = <usize>pixel * <usize>classes << 2;
        if (kept != 0 && count == BLOCK) rows = kept + at;
        logitsToRows(logits + at, z, v, kind != SOME_SEEN, largest, count, classes);
        if (likelihood != 0) ofLabels(z, labels, kind, own);
        exponentialsBelow(z, rows, total, largest, classes, table);
        invert(v, total, inverse);
        if (wantLogs) logarithms(largest, total, logs, table);
        if (wantLogSum) addLogs(z, v, logs, logLanes, classes);
        if (wantSquares) addSquares(rows, inverse, squareLanes, classes);
        if (wantPredicted) addProbabilities(rows, inverse, lanes, classes);
      }
      if (kind >= 0) {
        const row = <usize>kind * ROW;
        seen += BLOCK;
        addAt(target, kind, BLOCK);
        addAt(targetSquares, kind, BLOCK);
        if (wantOwn) addOwnRow(rows + row, inverse, overlap, overlapSquares, difference, kind);
        if (likelihood != 0) addAt(likelihood, kind, logLikelihood(own, logs));
      } else {
        for (let i: usize = 0; i < ROW; i += 4) {
          const label = load<i32>(labels + i);
          if (label < 0) continue;
          seen++;
          addAt(target, label, 1);
          addAt(targetSquares, label, 1);
          const at = <usize>label * ROW + i;
          if (wantOwn) {
            const s = <f64>(load<f32>(rows + at) * load<f32>(inverse + i));
            addAt(overlap, label, s);
            addAt(overlapSquares, label, s * s);
            addAt(difference, label, 1 - 2 * s);
          }
          if (likelihood != 0) addAt(likelihood, label, <f64>(load<f32>(own + i) - load<f32>(logs + i)));
        }
      }
      if (wantTempered) {
        temperedRows(z, rows, e, total, largest, classes, temperature, sharp);
        invert(v, total, inverse);
        addProbabilities(e, inverse, temperedLanes, classes);
      }
      if (++run == RUN) {
        run = 0;
        flushLanes(lanes, totals, 4 * classes);
      }
    }
    flushLanes(lanes, totals, 4 * classes);
    addSums(placeOf(slots, PREDICTED, sums, classes), totals, classes);
    addSums(difference, totals, classes); // |s - y| is s, and at the label 1 - s
    addSums(placeOf(slots, PREDICTED_SQUARES, sums, classes), totals + plane, classes);
    addSums(placeOf(slots, LOG_SUM, sums, classes), totals + 2 * plane, classes);
    addSums(placeOf(slots, TEMPERED, sums, classes), wantTempered ? totals + 3 * plane : totals, classes);
    const counted = placeOf(slots, COUNT, sums, classes);
    for (let k = 0; k < classes; k++) addAt(counted, k, <f64>seen);
  }
}
