import { multiplyAdd } from './multiply-add';

/**
 * Rows of the register tile of {@link multiply}; its columns are 8. V8 loads every operand of a pass of the loop before it
 * multiplies, so these and the sums must fit into 15 registers together: 4 x 8 needs 14, and taller tiles, or two steps at
 * a time, run at half the speed (22 in place of 35 GFLOPS, 46 with fused multiply-adds).
 */
export const TILE_ROWS: i32 = 4;

/**
 * c = Σ a_i · b_i over `count` matrices [rows, depth]: the i-th is at place (first + i) % places, places `apart` bytes apart from `a` on,
 * its rows `aRow` numbers apart (default: depth). b is in panels [columns/8][places · depth][8], from the first of these on. Rows are a
 * multiple of 4, columns of 8.
 */
// prettier-ignore
export function multiply(
  a: usize, apart: usize, first: i32, count: i32, places: i32, b: usize, c: usize, rows: i32, depth: i32, columns: i32, aRow: i32 = depth,
): void {
  const aStep = <usize>aRow << 2;
  const cStep = <usize>columns << 2;
  const line = <usize>depth << 5;
  const panel = <usize>places * line;
  const rb = aStep, rc = rb + aStep, rd = rc + aStep;
  const wrap = a + <usize>places * apart;
  const start = a + <usize>(first % places) * apart;
  for (let column = 0; column < columns; column += 8) {
    const end = b + <usize>count * line;
    let shift: usize = 0;
    let to = c + (<usize>column << 2);
    for (let row = 0; row < rows; row += TILE_ROWS) {
      let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
      let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
      let place = start;
      for (let w = b; w < end;) {
        let at = place + shift;
        for (const stop = w + line; w < stop; w += 32) {
          const w0 = v128.load(w), w1 = v128.load(w, 16);
          const xa = v128.load32_splat(at), xb = v128.load32_splat(at + rb);
          const xc = v128.load32_splat(at + rc), xd = v128.load32_splat(at + rd);
          a0 = multiplyAdd(xa, w0, a0); a1 = multiplyAdd(xa, w1, a1);
          b0 = multiplyAdd(xb, w0, b0); b1 = multiplyAdd(xb, w1, b1);
          c0 = multiplyAdd(xc, w0, c0); c1 = multiplyAdd(xc, w1, c1);
          d0 = multiplyAdd(xd, w0, d0); d1 = multiplyAdd(xd, w1, d1);
          at += 4;
        }
        place += apart;
        if (place == wrap) place = a;
      }
      v128.store(to, a0); v128.store(to, a1, 16); to += cStep;
      v128.store(to, b0); v128.store(to, b1, 16); to += cStep;
      v128.store(to, c0); v128.store(to, c1, 16); to += cStep;
      v128.store(to, d0); v128.store(to, d1, 16); to += cStep;
      shift += 4 * aStep;
    }
    b += panel;
  }
}
