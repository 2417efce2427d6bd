import { multiplyAdd } from './multiply-add';

/**
 * Rows of the register tile of {@link multiply}; its columns are 8. V8 loads every operand of a pass of the loop before it
 * multiplies, so these and the sums must fit into 15 registers together: 4 x 8 needs 14, and taller tiles, or two steps at
 * a time, run at half the speed (22 in place of 35 GFLOPS, 46 with fused multiply-adds).
 */
export const TILE_ROWS: i32 = 4;

/** c = a · b for a [rows, depth] and c [rows, columns], row by row; b in panels [columns/8][depth][8]; rows a multiple of 4, columns of 8. */
// prettier-ignore
export function multiply(a: usize, b: usize, c: usize, rows: i32, depth: i32, columns: i32): void {
  const aStep = <usize>depth << 2;
  const cStep = <usize>columns << 2;
  const panel = <usize>depth << 5;
  const rb = aStep, rc = rb + aStep, rd = rc + aStep;
  for (let column = 0; column < columns; column += 8) {
    const end = b + panel;
    let from = a;
    let to = c + (<usize>column << 2);
    for (let row = 0; row < rows; row += TILE_ROWS) {
      let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
      let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
      let at = from;
      for (let w = b; w < end; w += 32) {
        const w0 = v128.load(w), w1 = v128.load(w, 16);
        const xa = v128.load32_splat(at), xb = v128.load32_splat(at + rb);
        const xc = v128.load32_splat(at + rc), xd = v128.load32_splat(at + rd);
        a0 = multiplyAdd(xa, w0, a0); a1 = multiplyAdd(xa, w1, a1);
        b0 = multiplyAdd(xb, w0, b0); b1 = multiplyAdd(xb, w1, b1);
        c0 = multiplyAdd(xc, w0, c0); c1 = multiplyAdd(xc, w1, c1);
        d0 = multiplyAdd(xd, w0, d0); d1 = multiplyAdd(xd, w1, d1);
        at += 4;
      }
      v128.store(to, a0); v128.store(to, a1, 16); to += cStep;
      v128.store(to, b0); v128.store(to, b1, 16); to += cStep;
      v128.store(to, c0); v128.store(to, c1, 16); to += cStep;
      v128.store(to, d0); v128.store(to, d1, 16); to += cStep;
      from = from + 4 * aStep;
    }
    b = end;
  }
}
