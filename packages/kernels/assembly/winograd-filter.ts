// Filters of Winograd's algorithm on their way to the planes and, as gradients, back.
import { transpose4 } from './input-gradient';
import { padded8, planeBytes, planesOf } from './winograd-tiles';
import { transformFilter, transformFilterGradient } from './winograd-transforms';
import { TRANSFORM_SCRATCH, transformFilter4, transformFilterGradient4 } from './winograd4-transforms';

/** Rows of a filter, of one input channel each, that are transformed together: a vector of a turned filter has one value of each. */
const ROWS: usize = 4;

/** Outputs that are transformed together: their values of one tap and row fill a line of the cache. */
const OUTPUTS = 16;

/** Bytes of a filter after {@link transformFilters}. */
export function winogradFilterBytes(edge: i32, taps: i32, inputs: i32, outputs: i32): usize {
  return planesOf(edge) * planeBytes(taps * inputs, padded8(outputs));
}

/** Bytes of scratch for {@link transformFilters} and {@link transformOutputs}. */
export function filterScratch(): usize {
  return TRANSFORM_SCRATCH + ROWS * 9 * (OUTPUTS << 2);
}

/**
 * The filter [taps,3,3,inputs,outputs] as planes [outputs/8][taps·inputs][8], zeros in what fills up the last eight. A part is four
 * of the taps·inputs rows. Where `turned`, w is the filter [taps,3,3,outputs,inputs] of the convolution whose gradient by its input
 * this one is: turned by 180 degrees, its channels swapped.
 */
// prettier-ignore
export function transformFilters(
  edge: i32, w: usize, u: usize, taps: i32, inputs: i32, outputs: i32, turned: bool, scratch: usize, first: i32, end: i32,
): void {
  const rows = taps * inputs;
  const plane = planeBytes(rows, padded8(outputs));
  for (let part = first; part < end; part++) {
    const row = part * <i32>ROWS;
    for (let co = 0; co < outputs; co += OUTPUTS) {
      transformRows(edge, w, u + (<usize>((co >> 3) * rows + row) << 5), plane, row, co, taps, inputs, outputs, turned, scratch);
    }
  }
}

/** Sixteen outputs, or those that there are, from `co` on, all rows of a filter in 2-D: planes [2][inputs][8], `plane` bytes apart. */
// prettier-ignore
export function transformOutputs(
  edge: i32, w: usize, u: usize, plane: usize, co: i32, inputs: i32, outputs: i32, turned: bool, scratch: usize,
): void {
  for (let row = 0; row < inputs; row += <i32>ROWS) {
    transformRows(edge, w, u + (<usize>row << 5), plane, row, co, 1, inputs, outputs, turned, scratch);
  }
}

/** Four rows from `row` on of sixteen outputs from `co` on, or those that there are. */
// prettier-ignore
function transformRows(
  edge: i32, w: usize, to: usize, plane: usize, row: i32, co: i32, taps: i32, inputs: i32, outputs: i32, turned: bool, scratch: usize,
): void {
  const kz = row / inputs;
  const ci = row - kz * inputs;
  const tap = <usize>(inputs * outputs) << 2;
  const patch = scratch + TRANSFORM_SCRATCH;
  const panel = <usize>(taps * inputs) << 5;
  const count = min(OUTPUTS, outputs - co);
  const line: usize = turned ? 16 : OUTPUTS << 2;
  if (!turned) gather(w + <usize>(kz * 9) * tap + (<usize>(ci * outputs + co) << 2), tap, <usize>outputs << 2, count, patch);
  for (let c = 0; c < count; c += 4) {
    let g = patch + (turned ? 0 : <usize>c << 2);
    if (turned) turn(w + <usize>((taps - 1 - kz) * 9) * tap + (<usize>((co + c) * inputs + ci) << 2), tap, <usize>inputs << 2, patch);
    let at = to + <usize>(c >> 3) * panel + (<usize>(c & 4) << 2);
    for (let i: usize = 0; i < ROWS; i++) {
      if (edge == 2) transformFilter(g, line, at, plane);
      else transformFilter4(g, line, at, plane, scratch);
      g += 9 * line;
      at += 32;
    }
  }
  if (count & 4) {
    const at = to + <usize>(count >> 3) * panel + 16;
    for (let p: usize = 0; p < planesOf(edge); p++) {
      for (let i: usize = 0; i < ROWS; i++) v128.store(at + p * plane + (i << 5), f32x4.splat(0));
    }
  }
}

/**
 * The nine taps of four rows of `count` outputs: [row][tap][16]. Taps are often a multiple of 4096 bytes apart, so that all fall into the
 * same few lines of the cache: each is read as a whole, once.
 */
function gather(w: usize, tap: usize, row: usize, count: i32, to: usize): void {
  const bytes = <usize>count << 2;
  for (let i: usize = 0; i < ROWS; i++) {
    for (let t: usize = 0; t < 9; t++) {
      const from = w + t * tap;
      for (let b: usize = 0; b < bytes; b += 16) v128.store(to + b, v128.load(from + b));
      to += OUTPUTS << 2;
    }
    w += row;
  }
}

/** The nine taps of 4 x 4 channels, in reverse and with the channels swapped: [row][tap][4]. */
function turn(w: usize, tap: usize, row: usize, to: usize): void {
  for (let t: usize = 0; t < 9; t++) transpose4(w + (8 - t) * tap, row, to + (t << 4), 9 * 16);
}

/** Gᵀ s G of `rows` x `columns` channels, columns a multiple of 4; s has `step` bytes a row, dw `outputs` channels. */
// prettier-ignore
export function writeTaps(
  edge: i32, s: usize, plane: usize, step: usize, dw: usize, inputs: i32, outputs: i32, rows: i32, columns: i32, scratch: usize,
): void {
  const tap = <usize>(inputs * outputs) << 2;
  for (let row = 0; row < rows; row++) {
    for (let c: usize = 0; c < <usize>columns << 2; c += 16) {
      const to = dw + (<usize>(row * outputs) << 2) + c;
      if (edge == 2) transformFilterGradient(s + c, plane, to, tap);
      else transformFilterGradient4(s + c, plane, to, tap, scratch);
    }
    s += step;
  }
}
