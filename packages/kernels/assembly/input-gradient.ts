// What the gradients of inputs are made of: filters with swapped channels, and rows of pixels times a tap.
import { multiplyAdd } from './multiply-add';

/**
 * The filter with input and output channels swapped, [taps,ci,co] to [taps,co,ci]; where `turned` its taps in reverse too: a stride-1
 * input gradient is a convolution with that filter. A part is a tap.
 */
// prettier-ignore
export function swapFilter(
  w: usize, swapped: usize, taps: i32, inputs: i32, outputs: i32, turned: bool, scratch: usize, first: i32, end: i32,
): void {
  const bytes = <usize>(inputs * outputs) << 2;
  for (let t = first; t < end; t++) {
    transposeTap(w + <usize>t * bytes, swapped + <usize>(turned ? taps - 1 - t : t) * bytes, inputs, outputs);
  }
}

/** Sixteen columns at a time, four by four: what is read fills lines of the cache, and what is written stays there. */
function transposeTap(from: usize, to: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2, column = <usize>rows << 2;
  for (let block = 0; block < columns; block += 16) {
    const last = min(columns, block + 16);
    let r = 0;
    for (; r + 4 <= rows; r += 4) {
      let c = block;
      for (; c + 4 <= last; c += 4) {
        transpose4(from + <usize>r * row + (<usize>c << 2), row, to + <usize>c * column + (<usize>r << 2), column);
      }
      for (; c < last; c++) for (let i = r; i < r + 4; i++) transposeOne(from, to, row, column, i, c);
    }
    for (; r < rows; r++) for (let c = block; c < last; c++) transposeOne(from, to, row, column, r, c);
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function transposeOne(from: usize, to: usize, row: usize, column: usize, r: i32, c: i32): void {
  store<f32>(to + <usize>c * column + (<usize>r << 2), load<f32>(from + <usize>r * row + (<usize>c << 2)));
}

/** 4 x 4 numbers, the rows of which are `row` bytes apart and those of the result `toRow`. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
export function transpose4(from: usize, row: usize, to: usize, toRow: usize): void {
  const a = v128.load(from), b = v128.load(from + row), c = v128.load(from + 2 * row), d = v128.load(from + 3 * row);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7), cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to + toRow, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(to + 2 * toRow, i64x2.shuffle(ab2, cd2, 0, 2));
  v128.store(to + 3 * toRow, i64x2.shuffle(ab2, cd2, 1, 3));
}

/** dx[i·xStep + ci] += Σ_co dy[i·yStep + co] · tap[co,ci] */
// prettier-ignore
export function rowTimesTap(
  dy: usize, tap: usize, dx: usize, count: i32, inputs: i32, outputs: i32, xStep: usize, yStep: usize,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    let ci = 0;
    for (; ci + 8 <= inputs; ci += 8) tile4x8(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs, xStep, yStep);
    for (; ci + 4 <= inputs; ci += 4) tile4x4(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs, xStep, yStep);
    for (; ci < inputs; ci++) {
      for (let j = 0; j < 4; j++) dot(dy + <usize>j * yStep, tap + (<usize>ci << 2), dx + <usize>j * xStep + (<usize>ci << 2), inputs, outputs);
    }
    dy += yStep << 2;
    dx += xStep << 2;
  }
  if (i + 1 < count) {
    let ci = 0;
    for (; ci + 8 <= inputs; ci += 8) tile3x8(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs, xStep, yStep, count - i);
    for (; i < count; i++) {
      restOfPixel(dy, tap, dx, ci, inputs, outputs);
      dy += yStep;
      dx += xStep;
    }
  } else if (i < count) restOfPixel(dy, tap, dx, 0, inputs, outputs);
}

/** The inputs of one pixel from `ci` on. */
function restOfPixel(dy: usize, tap: usize, dx: usize, ci: i32, inputs: i32, outputs: i32): void {
  for (; ci + 4 <= inputs; ci += 4) tile1x4(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs);
  for (; ci < inputs; ci++) dot(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs);
}

/** Two or three pixels. */
// prettier-ignore
function tile3x8(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32, xStep: usize, yStep: usize, count: i32): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0), c0 = f32x4.splat(0), c1 = f32x4.splat(0);
  const rowBytes = <usize>inputs << 2;
  let ya = dy, yb = dy + yStep, yc = count == 3 ? yb + yStep : yb;
  for (let co = 0; co < outputs; co++) {
    const w0 = v128.load(tap), w1 = v128.load(tap, 16);
    const va = v128.load32_splat(ya), vb = v128.load32_splat(yb), vc = v128.load32_splat(yc);
    a0 = multiplyAdd(va, w0, a0); a1 = multiplyAdd(va, w1, a1);
    b0 = multiplyAdd(vb, w0, b0); b1 = multiplyAdd(vb, w1, b1);
    c0 = multiplyAdd(vc, w0, c0); c1 = multiplyAdd(vc, w1, c1);
    tap += rowBytes; ya += 4; yb += 4; yc += 4;
  }
  accumulate(dx, a0); accumulate(dx + 16, a1); dx += xStep;
  accumulate(dx, b0); accumulate(dx + 16, b1);
  if (count == 2) return;
  dx += xStep;
  accumulate(dx, c0); accumulate(dx + 16, c1);
}

// prettier-ignore
function tile4x8(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32, xStep: usize, yStep: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
  const rowBytes = <usize>inputs << 2;
  let ya = dy, yb = dy + yStep, yc = yb + yStep, yd = yc + yStep;
  for (let co = 0; co < outputs; co++) {
    const w0 = v128.load(tap), w1 = v128.load(tap, 16);
    const va = v128.load32_splat(ya), vb = v128.load32_splat(yb), vc = v128.load32_splat(yc), vd = v128.load32_splat(yd);
    a0 = multiplyAdd(va, w0, a0); a1 = multiplyAdd(va, w1, a1);
    b0 = multiplyAdd(vb, w0, b0); b1 = multiplyAdd(vb, w1, b1);
    c0 = multiplyAdd(vc, w0, c0); c1 = multiplyAdd(vc, w1, c1);
    d0 = multiplyAdd(vd, w0, d0); d1 = multiplyAdd(vd, w1, d1);
    tap += rowBytes; ya += 4; yb += 4; yc += 4; yd += 4;
  }
  accumulate(dx, a0); accumulate(dx + 16, a1); dx += xStep;
  accumulate(dx, b0); accumulate(dx + 16, b1); dx += xStep;
  accumulate(dx, c0); accumulate(dx + 16, c1); dx += xStep;
  accumulate(dx, d0); accumulate(dx + 16, d1);
}

// prettier-ignore
function tile4x4(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32, xStep: usize, yStep: usize): void {
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
  const rowBytes = <usize>inputs << 2;
  let ya = dy, yb = dy + yStep, yc = yb + yStep, yd = yc + yStep;
  for (let co = 0; co < outputs; co++) {
    const w = v128.load(tap);
    a = multiplyAdd(v128.load32_splat(ya), w, a);
    b = multiplyAdd(v128.load32_splat(yb), w, b);
    c = multiplyAdd(v128.load32_splat(yc), w, c);
    d = multiplyAdd(v128.load32_splat(yd), w, d);
    tap += rowBytes; ya += 4; yb += 4; yc += 4; yd += 4;
  }
  accumulate(dx, a); dx += xStep;
  accumulate(dx, b); dx += xStep;
  accumulate(dx, c); dx += xStep;
  accumulate(dx, d);
}

// prettier-ignore
function tile1x4(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32): void {
  let a = f32x4.splat(0);
  const rowBytes = <usize>inputs << 2;
  for (let co = 0; co < outputs; co++) {
    a = multiplyAdd(v128.load32_splat(dy), v128.load(tap), a);
    tap += rowBytes; dy += 4;
  }
  accumulate(dx, a);
}

function dot(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32): void {
  let sum: f32 = 0;
  const rowBytes = <usize>inputs << 2;
  for (let co = 0; co < outputs; co++) {
    sum += load<f32>(dy) * load<f32>(tap);
    tap += rowBytes;
    dy += 4;
  }
  store<f32>(dx, load<f32>(dx) + sum);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function accumulate(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}
