// The transforms of F(2x2, 3x3): Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, §4.1.
// A tile is 4 x 4 pixels of the input and 2 x 2 of the output; plane p of 16 is row p/4, column p%4 of the transformed tile.
// Bᵀ = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1], G = [1 0 0; ½ ½ ½; ½ -½ ½; 0 0 1], Aᵀ = [1 1 1 0; 0 1 -1 -1].

// @ts-ignore: decorator of AssemblyScript
@inline
function inputRow(to: usize, plane: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, f32x4.sub(a, c));
  v128.store(to + plane, f32x4.add(b, c));
  v128.store(to + 2 * plane, f32x4.sub(c, b));
  v128.store(to + 3 * plane, f32x4.sub(b, d));
}

/** to = Bᵀ d B for every channel of one tile; `row` and `column` are the steps in bytes of d. */
// prettier-ignore
export function transformInput(d: usize, row: usize, column: usize, to: usize, plane: usize, bytes: usize): void {
  const end = d + bytes;
  while (d < end) {
    const d1 = d + row, d2 = d1 + row, d3 = d2 + row;
    const c1 = column, c2 = c1 + column, c3 = c2 + column;
    const a0 = v128.load(d), a1 = v128.load(d + c1), a2 = v128.load(d + c2), a3 = v128.load(d + c3);
    const b0 = v128.load(d1), b1 = v128.load(d1 + c1), b2 = v128.load(d1 + c2), b3 = v128.load(d1 + c3);
    const e0 = v128.load(d2), e1 = v128.load(d2 + c1), e2 = v128.load(d2 + c2), e3 = v128.load(d2 + c3);
    const f0 = v128.load(d3), f1 = v128.load(d3 + c1), f2 = v128.load(d3 + c2), f3 = v128.load(d3 + c3);
    inputRow(to, plane, f32x4.sub(a0, e0), f32x4.sub(a1, e1), f32x4.sub(a2, e2), f32x4.sub(a3, e3));
    inputRow(to + 4 * plane, plane, f32x4.add(b0, e0), f32x4.add(b1, e1), f32x4.add(b2, e2), f32x4.add(b3, e3));
    inputRow(to + 8 * plane, plane, f32x4.sub(e0, b0), f32x4.sub(e1, b1), f32x4.sub(e2, b2), f32x4.sub(e3, b3));
    inputRow(to + 12 * plane, plane, f32x4.sub(b0, f0), f32x4.sub(b1, f1), f32x4.sub(b2, f2), f32x4.sub(b3, f3));
    d += 16;
    to += 16;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function gradientRow(to: usize, plane: usize, a: v128, b: v128): void {
  v128.store(to, a);
  v128.store(to + plane, f32x4.add(a, b));
  v128.store(to + 2 * plane, f32x4.sub(a, b));
  v128.store(to + 3 * plane, f32x4.neg(b));
}

/** to = A dy Aᵀ for every channel of the 2 x 2 pixels at dy. */
// prettier-ignore
export function transformOutputGradient(dy: usize, row: usize, column: usize, to: usize, plane: usize, bytes: usize): void {
  const end = dy + bytes;
  while (dy < end) {
    const a0 = v128.load(dy), a1 = v128.load(dy + column);
    const b0 = v128.load(dy + row), b1 = v128.load(dy + row + column);
    gradientRow(to, plane, a0, a1);
    gradientRow(to + 4 * plane, plane, f32x4.add(a0, b0), f32x4.add(a1, b1));
    gradientRow(to + 8 * plane, plane, f32x4.sub(a0, b0), f32x4.sub(a1, b1));
    gradientRow(to + 12 * plane, plane, f32x4.neg(b0), f32x4.neg(b1));
    dy += 16;
    to += 16;
  }
}

/** The four pixels Aᵀ m A of four channels, stored at `to` and `step` bytes on: [row][column][4]. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
export function transformOutput(m: usize, plane: usize, bias: v128, floor: v128, to: usize, row: usize, column: usize): void {
  const r1 = m + 4 * plane, r2 = m + 8 * plane, r3 = m + 12 * plane;
  const p2 = plane + plane, p3 = p2 + plane;
  const m00 = v128.load(m), m01 = v128.load(m + plane), m02 = v128.load(m + p2), m03 = v128.load(m + p3);
  const m10 = v128.load(r1), m11 = v128.load(r1 + plane), m12 = v128.load(r1 + p2), m13 = v128.load(r1 + p3);
  const m20 = v128.load(r2), m21 = v128.load(r2 + plane), m22 = v128.load(r2 + p2), m23 = v128.load(r2 + p3);
  const m30 = v128.load(r3), m31 = v128.load(r3 + plane), m32 = v128.load(r3 + p2), m33 = v128.load(r3 + p3);
  const s0 = f32x4.add(f32x4.add(m00, m10), m20), s1 = f32x4.add(f32x4.add(m01, m11), m21);
  const s2 = f32x4.add(f32x4.add(m02, m12), m22), s3 = f32x4.add(f32x4.add(m03, m13), m23);
  const t0 = f32x4.sub(f32x4.sub(m10, m20), m30), t1 = f32x4.sub(f32x4.sub(m11, m21), m31);
  const t2 = f32x4.sub(f32x4.sub(m12, m22), m32), t3 = f32x4.sub(f32x4.sub(m13, m23), m33);
  finish(to, f32x4.add(f32x4.add(s0, s1), s2), bias, floor);
  finish(to + column, f32x4.sub(f32x4.sub(s1, s2), s3), bias, floor);
  finish(to + row, f32x4.add(f32x4.add(t0, t1), t2), bias, floor);
  finish(to + row + column, f32x4.sub(f32x4.sub(t1, t2), t3), bias, floor);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function finish(to: usize, value: v128, bias: v128, floor: v128): void {
  v128.store(to, f32x4.pmax(f32x4.add(value, bias), floor)); // in this order NaN stays NaN
}

// @ts-ignore: decorator of AssemblyScript
@inline
function filterRow(to: usize, plane: usize, a: v128, b: v128, c: v128): void {
  const half = f32x4.splat(0.5);
  const ends = f32x4.mul(half, f32x4.add(a, c));
  const middle = f32x4.mul(half, b);
  v128.store(to, a);
  v128.store(to + plane, f32x4.add(ends, middle));
  v128.store(to + 2 * plane, f32x4.sub(ends, middle));
  v128.store(to + 3 * plane, c);
}

/** G g Gᵀ of four filters whose taps lie `tap` bytes apart, to planes `plane` bytes apart. */
// prettier-ignore
export function transformFilter(g: usize, tap: usize, to: usize, plane: usize): void {
  const half = f32x4.splat(0.5);
  const h = g + 3 * tap, i = h + 3 * tap;
  const a0 = v128.load(g), a1 = v128.load(g + tap), a2 = v128.load(g + 2 * tap);
  const b0 = v128.load(h), b1 = v128.load(h + tap), b2 = v128.load(h + 2 * tap);
  const c0 = v128.load(i), c1 = v128.load(i + tap), c2 = v128.load(i + 2 * tap);
  const e0 = f32x4.mul(half, f32x4.add(a0, c0)), e1 = f32x4.mul(half, f32x4.add(a1, c1)), e2 = f32x4.mul(half, f32x4.add(a2, c2));
  const m0 = f32x4.mul(half, b0), m1 = f32x4.mul(half, b1), m2 = f32x4.mul(half, b2);
  filterRow(to, plane, a0, a1, a2);
  filterRow(to + 4 * plane, plane, f32x4.add(e0, m0), f32x4.add(e1, m1), f32x4.add(e2, m2));
  filterRow(to + 8 * plane, plane, f32x4.sub(e0, m0), f32x4.sub(e1, m1), f32x4.sub(e2, m2));
  filterRow(to + 12 * plane, plane, c0, c1, c2);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function gradientTaps(to: usize, tap: usize, a: v128, b: v128, c: v128, d: v128): void {
  const half = f32x4.splat(0.5);
  const sum = f32x4.mul(half, f32x4.add(b, c));
  v128.store(to, f32x4.add(a, sum));
  v128.store(to + tap, f32x4.mul(half, f32x4.sub(b, c)));
  v128.store(to + 2 * tap, f32x4.add(sum, d));
}

/** Gᵀ s G of four filters: from planes `plane` bytes apart to taps `tap` bytes apart. */
// prettier-ignore
export function transformFilterGradient(a: usize, plane: usize, to: usize, tap: usize): void {
  const half = f32x4.splat(0.5);
  const b = a + 4 * plane, c = b + 4 * plane, d = c + 4 * plane;
  const p2 = plane + plane, p3 = p2 + plane;
  let x = v128.load(b), y = v128.load(c), sum = f32x4.mul(half, f32x4.add(x, y));
  const top0 = f32x4.add(v128.load(a), sum), middle0 = f32x4.mul(half, f32x4.sub(x, y)), low0 = f32x4.add(sum, v128.load(d));
  x = v128.load(b + plane); y = v128.load(c + plane); sum = f32x4.mul(half, f32x4.add(x, y));
  const top1 = f32x4.add(v128.load(a + plane), sum), middle1 = f32x4.mul(half, f32x4.sub(x, y)), low1 = f32x4.add(sum, v128.load(d + plane));
  x = v128.load(b + p2); y = v128.load(c + p2); sum = f32x4.mul(half, f32x4.add(x, y));
  const top2 = f32x4.add(v128.load(a + p2), sum), middle2 = f32x4.mul(half, f32x4.sub(x, y)), low2 = f32x4.add(sum, v128.load(d + p2));
  x = v128.load(b + p3); y = v128.load(c + p3); sum = f32x4.mul(half, f32x4.add(x, y));
  const top3 = f32x4.add(v128.load(a + p3), sum), middle3 = f32x4.mul(half, f32x4.sub(x, y)), low3 = f32x4.add(sum, v128.load(d + p3));
  gradientTaps(to, tap, top0, top1, top2, top3);
  gradientTaps(to + 3 * tap, tap, middle0, middle1, middle2, middle3);
  gradientTaps(to + 6 * tap, tap, low0, low1, low2, low3);
}
