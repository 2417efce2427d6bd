import { multiplyAdd } from './multiply-add';

/** Rows of the register tile of {@link multiply}; its columns are 8. */
export const TILE_ROWS: i32 = 6;

/** c = a · b for a [rows, depth] and c [rows, columns], row by row; b in panels [columns/8][depth][8]; rows a multiple of 6, columns of 8. */
export function multiply(a: usize, b: usize, c: usize, rows: i32, depth: i32, columns: i32): void {
  const aStep = <usize>depth << 2;
  const cStep = <usize>columns << 2;
  const panel = <usize>depth << 5;
  for (let column = 0; column < columns; column += 8) {
    const to = c + (<usize>column << 2);
    for (let row = 0; row < rows; row += TILE_ROWS) {
      tile6x8(a + <usize>row * aStep, b, to + <usize>row * cStep, panel, aStep, cStep);
    }
    b += panel;
  }
}

// prettier-ignore
function tile6x8(a: usize, b: usize, c: usize, panel: usize, aStep: usize, cStep: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
  let e0 = f32x4.splat(0), e1 = f32x4.splat(0), f0 = f32x4.splat(0), f1 = f32x4.splat(0);
  const end = b + panel;
  const rb = aStep, rc = rb + aStep, rd = rc + aStep, re = rd + aStep, rf = re + aStep;
  while (b < end) {
    const w0 = v128.load(b), w1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    a0 = multiplyAdd(x, w0, a0); a1 = multiplyAdd(x, w1, a1);
    x = v128.load32_splat(a + rb);
    b0 = multiplyAdd(x, w0, b0); b1 = multiplyAdd(x, w1, b1);
    x = v128.load32_splat(a + rc);
    c0 = multiplyAdd(x, w0, c0); c1 = multiplyAdd(x, w1, c1);
    x = v128.load32_splat(a + rd);
    d0 = multiplyAdd(x, w0, d0); d1 = multiplyAdd(x, w1, d1);
    x = v128.load32_splat(a + re);
    e0 = multiplyAdd(x, w0, e0); e1 = multiplyAdd(x, w1, e1);
    x = v128.load32_splat(a + rf);
    f0 = multiplyAdd(x, w0, f0); f1 = multiplyAdd(x, w1, f1);
    a += 4; b += 32;
  }
  v128.store(c, a0); v128.store(c, a1, 16); c += cStep;
  v128.store(c, b0); v128.store(c, b1, 16); c += cStep;
  v128.store(c, c0); v128.store(c, c1, 16); c += cStep;
  v128.store(c, d0); v128.store(c, d1, 16); c += cStep;
  v128.store(c, e0); v128.store(c, e1, 16); c += cStep;
  v128.store(c, f0); v128.store(c, f1, 16);
}
