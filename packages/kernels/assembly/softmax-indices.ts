// Region statistics of a softmax where labels are class indices: what depends on the label is one number for a pixel and
// not one for each class, so that a class costs little more than its exponential.
import { TABLE, writeTable } from './exponential';
import { multiplyAdd } from './multiply-add';
import { blockLabels, NONE_SEEN, SOME_SEEN } from './block-labels';
import { addRows, BLOCK, exponentials, exponentialsSuffice, fromRows, hideIgnored, invert, logarithms, MOST_ADJACENT, ROW, sumOfLanes, temperedRows, toRows } from './region-block';
import { addSums, firstPixel, flushLanes, imageOf, lastPixel, RUN } from './region-parts';
import {
  COUNT, DIFFERENCE, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED, PREDICTED_SQUARES, slotOf, TARGET,
  TARGET_SQUARES, TEMPERED,
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
    memory.copy(own, z + <usize>kind * ROW, ROW);
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
 * exponentials exp(z - max) of all but ignored blocks are written there, [B, N, K].
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
      if (wantRows) {
        toRows(logits + (<usize>pixel * <usize>classes << 2), z, count, classes);
        if (kind == SOME_SEEN) hideIgnored(z, v, classes);
        if (likelihood != 0) ofLabels(z, labels, kind, own);
        exponentials(z, e, total, largest, classes, table);
        if (kept != 0) fromRows(e, kept + (<usize>pixel * <usize>classes << 2), count, classes);
        invert(v, total, inverse);
        if (wantLogs) logarithms(largest, total, logs, table);
        if (wantLogSum) addLogs(z, v, logs, logLanes, classes);
        if (wantSquares) addSquares(e, inverse, squareLanes, classes);
        if (wantPredicted) addProbabilities(e, inverse, lanes, classes);
      }
      if (kind >= 0) {
        const row = <usize>kind * ROW;
        seen += BLOCK;
        addAt(target, kind, BLOCK);
        addAt(targetSquares, kind, BLOCK);
        if (wantOwn) addOwnRow(e + row, inverse, overlap, overlapSquares, difference, kind);
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
            const s = <f64>(load<f32>(e + at) * load<f32>(inverse + i));
            addAt(overlap, label, s);
            addAt(overlapSquares, label, s * s);
            addAt(difference, label, 1 - 2 * s);
          }
          if (likelihood != 0) addAt(likelihood, label, <f64>(load<f32>(own + i) - load<f32>(logs + i)));
        }
      }
      if (wantTempered) {
        temperedRows(z, e, e, total, largest, classes, temperature, sharp);
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

/** The factors dy of a statistic for one image, 0 if it is not wanted. */
// @ts-ignore: decorator of AssemblyScript
@inline
function factorsOf(dy: usize, slots: usize, statistic: i32, plane: usize, image: usize): usize {
  const slot = slotOf(slots, statistic);
  return slot < 0 ? 0 : dy + <usize>slot * plane + image;
}

// @ts-ignore: decorator of AssemblyScript
@inline
function factorAt(factors: usize, k: usize): f32 {
  return factors == 0 ? 0 : load<f32>(factors + k);
}

/** mean = inverse Σ_k e_k (a_k + c_k e_k · inverse) */
function meanFactors(e: usize, inverse: usize, mean: usize, a: usize, c: usize, classes: i32): void {
  const end = e + <usize>classes * ROW;
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const scale = v128.load(inverse + lane);
    let sum = f32x4.splat(0);
    let k: usize = 0;
    for (let at = e + lane; at < end; at += ROW) {
      let factor = v128.load32_splat(a + k);
      if (c != 0) factor = multiplyAdd(v128.load32_splat(c + k), f32x4.mul(v128.load(at), scale), factor);
      sum = multiplyAdd(v128.load(at), factor, sum);
      k += 4;
    }
    v128.store(mean + lane, f32x4.mul(scale, sum));
  }
}

/** g = e · inverse (a - mean) in place of e */
function combine(e: usize, inverse: usize, mean: usize, a: usize, classes: i32): void {
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const factor = v128.load32_splat(a);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const s = f32x4.mul(v128.load(e + lane), v128.load(inverse + lane));
      v128.store(e + lane, f32x4.mul(s, f32x4.sub(factor, v128.load(mean + lane))));
    }
    a += 4;
  }
}

/** g = s (a + c s - mean) + v d with s = e · inverse, in place of e */
// prettier-ignore
function combineAll(e: usize, inverse: usize, mean: usize, v: usize, a: usize, c: usize, d: usize, classes: i32): void {
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const constant = v128.load32_splat(a);
    const square = v128.load32_splat(c);
    const added = v128.load32_splat(d);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const s = f32x4.mul(v128.load(e + lane), v128.load(inverse + lane));
      const factor = multiplyAdd(square, s, f32x4.sub(constant, v128.load(mean + lane)));
      v128.store(e + lane, multiplyAdd(v128.load(v + lane), added, f32x4.mul(s, factor)));
    }
    a += 4;
    c += 4;
    d += 4;
  }
}

/** g += T t (a - mean) with t = e · inverse; `scaled` = T · inverse */
function addTempered(g: usize, e: usize, scaled: usize, mean: usize, a: usize, classes: i32): void {
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const factor = v128.load32_splat(a);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      const t = f32x4.mul(v128.load(e + lane), v128.load(scaled + lane));
      v128.store(g + lane, multiplyAdd(t, f32x4.sub(factor, v128.load(mean + lane)), v128.load(g + lane)));
    }
    a += 4;
    g += ROW;
  }
}

/** row *= factor */
function scaleRow(row: usize, factor: f32): void {
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    v128.store(row + lane, f32x4.mul(v128.load(row + lane), f32x4.splat(factor)));
  }
}

/**
 * The gradient of the logits, out [B, N, K], given dy [S, B, K]: one pass. Unless `kept` is 0, the exponentials are there and the logits are
 * not read; `out` may be the same place.
 */
// prettier-ignore
export function softmaxIndexGradient(
  logits: usize, indices: usize, kept: usize, dy: usize, out: usize, slots: usize, batch: i32, pixels: i32, classes: i32, temperature: f32,
  scratch: usize, first: i32, end: i32,
): void {
  const size = <usize>classes * ROW;
  const row = <usize>classes << 2;
  const table = scratch;
  const sharp = table + TABLE;
  writeTable(table, 1);
  writeTable(sharp, temperature);
  const z = sharp + TABLE;
  const e = z + size;
  const t = e + size;
  const v = t + size;
  const total = v + ROW;
  const largest = total + ROW;
  const inverse = largest + ROW;
  const mean = inverse + ROW;
  const own = mean + ROW;
  const labels = own + ROW;
  // Factors by class: of s, of s², of every log s; of the label's s, its s² and its log s.
  const a = labels + ROW;
  const c = a + row;
  const d = c + row;
  const ownLinear = d + row;
  const ownSquare = ownLinear + row;
  const ownLog = ownSquare + row;
  const plane = <usize>batch * row;
  for (let part = first; part < end; part++) {
    const image = <usize>imageOf(part, pixels) * row;
    const predicted = factorsOf(dy, slots, PREDICTED, plane, image);
    const squares = factorsOf(dy, slots, PREDICTED_SQUARES, plane, image);
    const overlap = factorsOf(dy, slots, OVERLAP, plane, image);
    const overlapSquares = factorsOf(dy, slots, OVERLAP_SQUARES, plane, image);
    const difference = factorsOf(dy, slots, DIFFERENCE, plane, image);
    const likelihood = factorsOf(dy, slots, LOG_LIKELIHOOD, plane, image);
    const logSum = factorsOf(dy, slots, LOG_SUM, plane, image);
    const tempered = factorsOf(dy, slots, TEMPERED, plane, image);
    const apart = tempered != 0 && temperature != 1;
    const linear = predicted != 0 || difference != 0 || (tempered != 0 && !apart);
    const everywhere = squares != 0 || logSum != 0;
    let logSums: f32 = 0;
    for (let k: usize = 0; k < row; k += 4) {
      // |s - y| is s, and at the label 1 - s.
      store<f32>(a + k, factorAt(predicted, k) + factorAt(difference, k) + (apart ? 0 : factorAt(tempered, k)));
      store<f32>(c + k, 2 * factorAt(squares, k));
      store<f32>(d + k, factorAt(logSum, k));
      store<f32>(ownLinear + k, factorAt(overlap, k) - 2 * factorAt(difference, k));
      store<f32>(ownSquare + k, 2 * factorAt(overlapSquares, k));
      store<f32>(ownLog + k, factorAt(likelihood, k));
      logSums += factorAt(logSum, k);
    }
    const last = lastPixel(part, pixels);
    for (let pixel = firstPixel(part, pixels); pixel < last; pixel += BLOCK) {
      const count = min(BLOCK, last - pixel);
      const to = out + <usize>pixel * row;
      const kind = blockLabels(indices + (<usize>pixel << 2), count, labels, v);
      if (kind == NONE_SEEN) {
        memory.fill(to, 0, <usize>count * row);
        continue;
      }
      if (kept != 0) {
        toRows(kept + <usize>pixel * row, e, count, classes);
        addRows(e, total, classes);
      } else {
        toRows(logits + <usize>pixel * row, z, count, classes);
        if (kind == SOME_SEEN) hideIgnored(z, v, classes);
        exponentials(z, e, total, largest, classes, table);
      }
      invert(v, total, inverse);
      if (apart) temperedRows(z, e, t, total, largest, classes, temperature, sharp);
      if (linear || everywhere) meanFactors(e, inverse, mean, a, squares == 0 ? 0 : c, classes);
      else memory.fill(mean, 0, ROW);
      // What the label adds to its own s and log s, which goes through the softmax with the rest.
      for (let i: usize = 0; i < ROW; i += 4) {
        const label = load<i32>(labels + i);
        if (label < 0) continue;
        const k = <usize>label << 2;
        const s = load<f32>(e + <usize>label * ROW + i) * load<f32>(inverse + i);
        const value = s * (load<f32>(ownLinear + k) + s * load<f32>(ownSquare + k)) + load<f32>(ownLog + k);
        store<f32>(own + i, value);
        store<f32>(mean + i, load<f32>(mean + i) + value + logSums);
      }
      if (everywhere) combineAll(e, inverse, mean, v, a, c, d, classes);
      else combine(e, inverse, mean, a, classes);
      for (let i: usize = 0; i < ROW; i += 4) {
        const label = load<i32>(labels + i);
        if (label < 0) continue;
        const g = e + <usize>label * ROW + i;
        store<f32>(g, load<f32>(g) + load<f32>(own + i));
      }
      if (apart) {
        invert(v, total, inverse);
        meanFactors(t, inverse, mean, tempered, 0, classes);
        scaleRow(inverse, temperature);
        addTempered(e, t, inverse, mean, tempered, classes);
      }
      fromRows(e, to, count, classes);
    }
  }
}
