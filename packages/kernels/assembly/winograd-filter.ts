// Filters of Winograd's algorithm on their way to the planes and, as gradients, back.
import { padded8, planeBytes, planesOf } from './winograd-tiles';
import { transformFilter, transformFilterGradient } from './winograd-transforms';
import { TRANSFORM_SCRATCH, transformFilter4, transformFilterGradient4 } from './winograd4-transforms';

/** Rows of a filter, of one input channel each, that are transformed together: a vector of a turned filter has one value of each. */
const ROWS: usize = 4;

/** Bytes of a filter after {@link transformFilters}. */
export function winogradFilterBytes(edge: i32, taps: i32, inputs: i32, outputs: i32): usize {
  return planesOf(edge) * planeBytes(taps * inputs, padded8(outputs));
}

/** Bytes of scratch for {@link transformFilters} and {@link transformPanel}. */
export function filterScratch(): usize {
  return TRANSFORM_SCRATCH + ROWS * 9 * 16;
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
    for (let co = 0; co < outputs; co += 8) {
      transformRows(edge, w, u + (<usize>((co >> 3) * rows + row) << 5), plane, row, co, taps, inputs, outputs, turned, scratch);
    }
  }
}

/** The eight outputs from `co` on, all rows: planes [taps·inputs][8], `plane` bytes apart. */
// prettier-ignore
export function transformPanel(
  edge: i32, w: usize, u: usize, plane: usize, co: i32, taps: i32, inputs: i32, outputs: i32, turned: bool, scratch: usize,
): void {
  for (let row = 0; row < taps * inputs; row += <i32>ROWS) {
    transformRows(edge, w, u + (<usize>row << 5), plane, row, co, taps, inputs, outputs, turned, scratch);
  }
}

/** Four rows from `row` on of the eight outputs from `co` on. */
// prettier-ignore
function transformRows(
  edge: i32, w: usize, to: usize, plane: usize, row: i32, co: i32, taps: i32, inputs: i32, outputs: i32, turned: bool, scratch: usize,
): void {
  const kz = row / inputs;
  const ci = row - kz * inputs;
  const tap = <usize>(inputs * outputs) << 2;
  const patch = scratch + TRANSFORM_SCRATCH;
  for (let half = 0; half < 8; half += 4) {
    const c = co + half;
    if (c >= outputs) {
      for (let p: usize = 0; p < planesOf(edge); p++) {
        for (let i: usize = 0; i < ROWS; i++) v128.store(to + p * plane + (i << 5) + 16, f32x4.splat(0));
      }
      continue;
    }
    let g = w + <usize>(kz * 9) * tap + (<usize>(ci * outputs + c) << 2);
    let step = tap;
    let next = <usize>outputs << 2;
    if (turned) {
      turn(w + <usize>((taps - 1 - kz) * 9) * tap + (<usize>(c * inputs + ci) << 2), tap, <usize>inputs << 2, patch);
      g = patch;
      step = 16;
      next = 9 * 16;
    }
    for (let i: usize = 0; i < ROWS; i++) {
      const at = to + (i << 5) + (<usize>half << 2);
      if (edge == 2) transformFilter(g, step, at, plane);
      else transformFilter4(g, step, at, plane, scratch);
      g += next;
    }
  }
}

/** The nine taps of 4 x 4 channels, in reverse and with the channels swapped: [row][tap][4]. */
function turn(w: usize, tap: usize, row: usize, to: usize): void {
  for (let t: usize = 0; t < 9; t++) {
    const from = w + (8 - t) * tap;
    const a = v128.load(from), b = v128.load(from + row); // prettier-ignore
    const c = v128.load(from + 2 * row), d = v128.load(from + 3 * row); // prettier-ignore
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5); // prettier-ignore
    const AB = i32x4.shuffle(a, b, 2, 6, 3, 7), CD = i32x4.shuffle(c, d, 2, 6, 3, 7); // prettier-ignore
    const at = to + (t << 4);
    v128.store(at, i64x2.shuffle(ab, cd, 0, 2));
    v128.store(at, i64x2.shuffle(ab, cd, 1, 3), 144);
    v128.store(at, i64x2.shuffle(AB, CD, 0, 2), 288);
    v128.store(at, i64x2.shuffle(AB, CD, 1, 3), 432);
  }
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
