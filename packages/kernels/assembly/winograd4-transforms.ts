// The transforms of F(4x4, 3x3), by the Cook-Toom construction (Lavin & Gray, CVPR 2016, §4.2) over the points 0, 1, -1, 2, -½
// and infinity, whose rounding error is half of that over ±2: a tile is 6 x 6 pixels of the input and 4 x 4 of the output.
// Bᵀ = [1 3/2 -2 -3/2 1 0; 0 -1 -5/2 -½ 1 0; 0 1 ½ -5/2 1 0; 0 -½ -1 ½ 1 0; 0 2 -1 -2 1 0; 0 1 3/2 -2 -3/2 1]
// Aᵀ = [1 1 1 1 1 0; 0 1 -1 2 -½ 0; 0 1 1 4 ¼ 0; 0 1 -1 8 -⅛ 1]
// G = [1 0 0; -⅓ -⅓ -⅓; ⅓ -⅓ ⅓; 1/15 2/15 4/15; -16/15 8/15 -4/15; 0 0 1]
import { multiplyAdd } from './multiply-add';

/** Bytes of scratch that a transform of four channels needs: half a tile, and the constants. */
export const TRANSFORM_SCRATCH: usize = 36 * 16 + 32;

/** Constants from memory: V8 makes one that stands in the code anew at every use. */
export function writeConstants(scratch: usize): void {
  const at = scratch + 36 * 16;
  store<f32>(at, 1.5);
  store<f32>(at, 0.5, 4);
  store<f32>(at, 4, 8);
  store<f32>(at, 8, 12);
  store<f32>(at, 0.25, 16);
  store<f32>(at, 0.125, 20);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function constant(scratch: usize, i: usize): v128 {
  return v128.load32_splat(scratch + 36 * 16 + 4 * i);
}

/** Bᵀ of six vectors `step` bytes apart, to six `toStep` bytes apart. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function inputLine(from: usize, step: usize, to: usize, toStep: usize, scratch: usize): void {
  const step2 = step + step, step4 = step2 + step2;
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + step2);
  const d3 = v128.load(from + step2 + step), d4 = v128.load(from + step4), d5 = v128.load(from + step4 + step);
  const threeHalves = constant(scratch, 0), half = constant(scratch, 1);
  const e = f32x4.sub(d4, d2), f = f32x4.sub(d1, d3);
  const to2 = toStep + toStep, to4 = to2 + to2;
  v128.store(to, multiplyAdd(threeHalves, f, f32x4.add(f32x4.sub(d0, d2), e)));
  v128.store(to + toStep, f32x4.sub(f32x4.sub(e, f), f32x4.mul(threeHalves, f32x4.add(d2, d3))));
  v128.store(to + to2, multiplyAdd(threeHalves, f32x4.sub(d2, d3), f32x4.add(e, f)));
  v128.store(to + to2 + toStep, f32x4.sub(e, f32x4.mul(half, f)));
  v128.store(to + to4, f32x4.add(e, f32x4.add(f, f)));
  v128.store(to + to4 + toStep, f32x4.sub(f32x4.add(f32x4.sub(d5, d3), f), f32x4.mul(threeHalves, e)));
}

/** to = Bᵀ d B for every channel of one tile; `row` and `column` are the steps in bytes of d. */
// prettier-ignore
export function transformInput4(d: usize, row: usize, column: usize, to: usize, plane: usize, bytes: usize, scratch: usize): void {
  const end = d + bytes;
  const six: usize = 6 * plane;
  for (; d < end; d += 16, to += 16) {
    inputLine(d, row, scratch, 96, scratch);
    inputLine(d + column, row, scratch + 16, 96, scratch);
    inputLine(d + 2 * column, row, scratch + 32, 96, scratch);
    inputLine(d + 3 * column, row, scratch + 48, 96, scratch);
    inputLine(d + 4 * column, row, scratch + 64, 96, scratch);
    inputLine(d + 5 * column, row, scratch + 80, 96, scratch);
    let line = to;
    inputLine(scratch, 16, line, plane, scratch); line += six;
    inputLine(scratch + 96, 16, line, plane, scratch); line += six;
    inputLine(scratch + 192, 16, line, plane, scratch); line += six;
    inputLine(scratch + 288, 16, line, plane, scratch); line += six;
    inputLine(scratch + 384, 16, line, plane, scratch); line += six;
    inputLine(scratch + 480, 16, line, plane, scratch);
  }
}

/** The sixteen pixels Aᵀ m A of four channels, max(· + bias, floor), stored `row` and `column` bytes apart. */
// prettier-ignore
export function transformOutput4(
  m: usize, plane: usize, bias: v128, floor: v128, to: usize, row: usize, column: usize, scratch: usize,
): void {
  const six: usize = 6 * plane;
  const none = f32x4.splat(0), any = f32x4.splat(-Infinity);
  outputLine(m, plane, scratch, 96, none, any, scratch); m += six;
  outputLine(m, plane, scratch + 16, 96, none, any, scratch); m += six;
  outputLine(m, plane, scratch + 32, 96, none, any, scratch); m += six;
  outputLine(m, plane, scratch + 48, 96, none, any, scratch); m += six;
  outputLine(m, plane, scratch + 64, 96, none, any, scratch); m += six;
  outputLine(m, plane, scratch + 80, 96, none, any, scratch);
  outputLine(scratch, 16, to, row, bias, floor, scratch, true);
  outputLine(scratch + 96, 16, to + column, row, bias, floor, scratch, true);
  outputLine(scratch + 192, 16, to + 2 * column, row, bias, floor, scratch, true);
  outputLine(scratch + 288, 16, to + 3 * column, row, bias, floor, scratch, true);
}

/** Aᵀ of six vectors `step` bytes apart, to four `toStep` bytes apart; `last` with bias and floor. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function outputLine(
  from: usize, step: usize, to: usize, toStep: usize, bias: v128, floor: v128, scratch: usize, last: bool = false,
): void {
  const step2 = step + step, step4 = step2 + step2;
  const m0 = v128.load(from), m1 = v128.load(from + step), m2 = v128.load(from + step2);
  const m3 = v128.load(from + step2 + step), m4 = v128.load(from + step4), m5 = v128.load(from + step4 + step);
  const half = constant(scratch, 1), four = constant(scratch, 2), eight = constant(scratch, 3);
  const quarter = constant(scratch, 4), eighth = constant(scratch, 5);
  const s = f32x4.add(m1, m2), t = f32x4.sub(m1, m2);
  const y0 = f32x4.add(f32x4.add(m0, s), f32x4.add(m3, m4));
  const y1 = f32x4.sub(f32x4.add(t, f32x4.add(m3, m3)), f32x4.mul(half, m4));
  const y2 = multiplyAdd(quarter, m4, multiplyAdd(four, m3, s));
  const y3 = f32x4.add(f32x4.sub(multiplyAdd(eight, m3, t), f32x4.mul(eighth, m4)), m5);
  v128.store(to, last ? finish(y0, bias, floor) : y0);
  v128.store(to + toStep, last ? finish(y1, bias, floor) : y1);
  v128.store(to + toStep + toStep, last ? finish(y2, bias, floor) : y2);
  v128.store(to + toStep + toStep + toStep, last ? finish(y3, bias, floor) : y3);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function finish(value: v128, bias: v128, floor: v128): v128 {
  return f32x4.pmax(f32x4.add(value, bias), floor); // in this order NaN stays NaN
}

/** G of three vectors, to six `step` bytes apart. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function filterLine(a: v128, b: v128, c: v128, to: usize, step: usize): void {
  const ends = f32x4.mul(f32x4.splat(<f32>(1.0 / 3.0)), f32x4.add(a, c)), middle = f32x4.mul(f32x4.splat(<f32>(1.0 / 3.0)), b);
  v128.store(to, a); to += step;
  v128.store(to, f32x4.neg(f32x4.add(ends, middle))); to += step;
  v128.store(to, f32x4.sub(ends, middle)); to += step;
  const up = f32x4.add(a, f32x4.mul(f32x4.splat(2), f32x4.add(b, f32x4.add(c, c))));
  v128.store(to, f32x4.mul(f32x4.splat(<f32>(1.0 / 15.0)), up)); to += step;
  const down = f32x4.sub(f32x4.mul(f32x4.splat(0.5), f32x4.sub(b, f32x4.mul(f32x4.splat(0.5), c))), a);
  v128.store(to, f32x4.mul(f32x4.splat(<f32>(16.0 / 15.0)), down)); to += step;
  v128.store(to, c);
}

/** G g Gᵀ of four filters whose taps lie `tap` bytes apart, to planes `plane` bytes apart. */
export function transformFilter4(g: usize, tap: usize, to: usize, plane: usize, scratch: usize): void {
  for (let j: usize = 0; j < 3; j++) {
    filterLine(v128.load(g + j * tap), v128.load(g + (j + 3) * tap), v128.load(g + (j + 6) * tap), scratch + 16 * j, 48);
  }
  for (let i: usize = 0; i < 6; i++) {
    const line = scratch + 48 * i;
    filterLine(v128.load(line), v128.load(line, 16), v128.load(line, 32), to + 6 * i * plane, plane);
  }
}

/** A of four vectors `step` bytes apart, to six `toStep` bytes apart. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function gradientLine(from: usize, step: usize, to: usize, toStep: usize, scratch: usize): void {
  const y0 = v128.load(from), y1 = v128.load(from + step), y2 = v128.load(from + step + step), y3 = v128.load(from + step + step + step);
  const half = constant(scratch, 1), four = constant(scratch, 2), quarter = constant(scratch, 4);
  const s = f32x4.add(y0, y2), t = f32x4.add(y1, y3);
  const even = multiplyAdd(four, y2, y0), odd = multiplyAdd(four, y3, y1);
  const to2 = toStep + toStep, to4 = to2 + to2;
  v128.store(to, y0);
  v128.store(to + toStep, f32x4.add(s, t));
  v128.store(to + to2, f32x4.sub(s, t));
  v128.store(to + to2 + toStep, f32x4.add(even, f32x4.add(odd, odd)));
  v128.store(to + to4, f32x4.sub(multiplyAdd(quarter, y2, y0), f32x4.mul(half, multiplyAdd(quarter, y3, y1))));
  v128.store(to + to4 + toStep, y3);
}

/** to = A dy Aᵀ for every channel of the 4 x 4 pixels at dy. */
// prettier-ignore
export function transformOutputGradient4(
  dy: usize, row: usize, column: usize, to: usize, plane: usize, bytes: usize, scratch: usize,
): void {
  const end = dy + bytes;
  const six: usize = 6 * plane;
  for (; dy < end; dy += 16, to += 16) {
    gradientLine(dy, row, scratch, 64, scratch);
    gradientLine(dy + column, row, scratch + 16, 64, scratch);
    gradientLine(dy + 2 * column, row, scratch + 32, 64, scratch);
    gradientLine(dy + 3 * column, row, scratch + 48, 64, scratch);
    let line = to;
    gradientLine(scratch, 16, line, plane, scratch); line += six;
    gradientLine(scratch + 64, 16, line, plane, scratch); line += six;
    gradientLine(scratch + 128, 16, line, plane, scratch); line += six;
    gradientLine(scratch + 192, 16, line, plane, scratch); line += six;
    gradientLine(scratch + 256, 16, line, plane, scratch); line += six;
    gradientLine(scratch + 320, 16, line, plane, scratch);
  }
}

/** Gᵀ of six vectors `step` bytes apart, to three `toStep` bytes apart. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function tapsLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const s0 = v128.load(from), s1 = v128.load(from + step), s2 = v128.load(from + 2 * step);
  const s3 = v128.load(from + 3 * step), s4 = v128.load(from + 4 * step), s5 = v128.load(from + 5 * step);
  const third = f32x4.splat(<f32>(1.0 / 3.0)), fifteenth = f32x4.splat(<f32>(1.0 / 15.0));
  const apart = f32x4.mul(third, f32x4.sub(s2, s1)), sum = f32x4.mul(third, f32x4.add(s1, s2));
  const up = f32x4.mul(fifteenth, s3), down = f32x4.mul(f32x4.splat(<f32>(4.0 / 15.0)), s4);
  const two = f32x4.splat(2), four = f32x4.splat(4);
  v128.store(to, f32x4.add(f32x4.add(s0, apart), f32x4.sub(up, f32x4.mul(four, down))));
  v128.store(to + toStep, f32x4.sub(f32x4.mul(two, f32x4.add(up, down)), sum));
  v128.store(to + 2 * toStep, f32x4.add(f32x4.add(apart, f32x4.sub(f32x4.mul(four, up), down)), s5));
}

/** Gᵀ s G of four filters: from planes `plane` bytes apart to taps `tap` bytes apart. */
export function transformFilterGradient4(s: usize, plane: usize, to: usize, tap: usize, scratch: usize): void {
  for (let i: usize = 0; i < 6; i++) tapsLine(s + i * plane, 6 * plane, scratch + 16 * i, 96);
  for (let i: usize = 0; i < 3; i++) tapsLine(scratch + 96 * i, 16, to + 3 * i * tap, tap);
}
