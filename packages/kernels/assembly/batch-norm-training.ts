// Batch normalization by the batch's own statistics, with or without a ReLU after it, over rows [rows, columns]. Parts are
// groups of rows; sums have a slot of float64 numbers for each part, [2][columns], which the caller adds in their order.
// Every vector is [columns]: y = (x - mean) · factor + offset, and with a ReLU dy counts where y > 0 only.

/** Rows that are added in float32: they stay in the first-level cache while the columns go through them. */
const CHUNK: i32 = 32;

/** Rows that {@link columnShifts} looks at. */
const SAMPLES: i32 = 64;

// @ts-ignore: decorator of AssemblyScript
@inline
function read(at: usize, four: bool): v128 {
  return four ? v128.load(at) : v128.load32_zero(at);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function write(at: usize, value: v128, four: bool): void {
  if (four) v128.store(at, value);
  else store<f32>(at, f32x4.extract_lane(value, 0));
}

// @ts-ignore: decorator of AssemblyScript
@inline
function addTo(sums: usize, values: v128, four: bool): void {
  if (four) {
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(values)));
    const high = f64x2.promote_low_f32x4(i64x2.shuffle(values, values, 1, 0));
    v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
  } else {
    store<f64>(sums, load<f64>(sums) + <f64>f32x4.extract_lane(values, 0));
  }
}

/** A value near the mean of each column, the mean of some rows: around it one pass gives the variance without cancellation. */
export function columnShifts(x: usize, shifts: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  const samples = min(rows, SAMPLES);
  const step = <usize>(rows / samples) * row;
  for (let c: usize = 0; c < row; c += 4) {
    let sum: f32 = 0;
    let at = x + c;
    for (let i = 0; i < samples; i++, at += step) sum += load<f32>(at);
    store<f32>(shifts + c, sum / <f32>samples);
  }
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function momentsOf(x: usize, end: usize, row: usize, shift: v128, sums: usize, squares: usize, four: bool): void {
  let sum = f32x4.splat(0), square = f32x4.splat(0);
  for (let at = x; at < end; at += row) {
    const value = f32x4.sub(read(at, four), shift);
    sum = f32x4.add(sum, value);
    square = f32x4.add(square, f32x4.mul(value, value));
  }
  addTo(sums, sum, four);
  addTo(squares, square, four);
}

/** Σ (x - shift) and Σ (x - shift)² */
// prettier-ignore
export function momentSums(
  x: usize, shifts: usize, sums: usize, rows: i32, columns: i32, rowsOfPart: i32, scratch: usize, first: i32, end: i32,
): void {
  const row = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  for (let part = first; part < end; part++) {
    const slot = sums + <usize>part * (row << 2);
    const squares = slot + (row << 1);
    memory.fill(slot, 0, row << 2);
    const last = min(rows, (part + 1) * rowsOfPart);
    for (let r = part * rowsOfPart; r < last; r += CHUNK) {
      const from = x + <usize>r * row;
      const to = from + <usize>min(CHUNK, last - r) * row;
      let c: usize = 0;
      for (; c < vectors; c += 16) momentsOf(from + c, to, row, v128.load(shifts + c), slot + (c << 1), squares + (c << 1), true);
      for (; c < row; c += 4) momentsOf(from + c, to, row, v128.load32_zero(shifts + c), slot + (c << 1), squares + (c << 1), false);
    }
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function normalized(centered: v128, vectors: usize, row: usize, c: usize, four: bool): v128 {
  return f32x4.add(f32x4.mul(centered, read(vectors + row + c, four)), read(vectors + 2 * row + c, four));
}

/** y, or max(y, 0) `rectified`; vectors is mean, factor, offset. */
// prettier-ignore
export function normalizeBatch(
  x: usize, vectors: usize, out: usize, rows: i32, columns: i32, rectified: bool, rowsOfPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const row = <usize>columns << 2;
  const whole = <usize>(columns & ~3) << 2;
  const last = x + <usize>min(rows, end * rowsOfPart) * row;
  const floor = f32x4.splat(rectified ? 0 : -Infinity);
  const apart = out - x;
  for (let at = x + <usize>(first * rowsOfPart) * row; at < last; at += row) {
    let c: usize = 0;
    for (; c < whole; c += 16) {
      const y = normalized(f32x4.sub(v128.load(at + c), v128.load(vectors + c)), vectors, row, c, true);
      v128.store(at + apart + c, f32x4.pmax(y, floor)); // in this order NaN stays NaN
    }
    for (; c < row; c += 4) {
      const y = normalized(f32x4.sub(read(at + c, false), read(vectors + c, false)), vectors, row, c, false);
      write(at + apart + c, f32x4.pmax(y, floor), false);
    }
  }
}

/** dy, or where `rectified` what of it passes the ReLU. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function passed(dy: v128, centered: v128, vectors: usize, row: usize, c: usize, rectified: bool, four: bool): v128 {
  if (!rectified) return dy;
  return v128.and(dy, f32x4.gt(normalized(centered, vectors, row, c, four), f32x4.splat(0)));
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function productsOf(
  x: usize, end: usize, row: usize, apart: usize, vectors: usize, c: usize, sums: usize, rectified: bool, four: bool,
): void {
  const mean = read(vectors + c, four);
  let sum = f32x4.splat(0), product = f32x4.splat(0);
  for (let at = x + c; at < end; at += row) {
    const centered = f32x4.sub(read(at, four), mean);
    const dy = passed(read(at + apart, four), centered, vectors, row, c, rectified, four);
    sum = f32x4.add(sum, dy);
    product = f32x4.add(product, f32x4.mul(dy, centered));
  }
  addTo(sums + (c << 1), sum, four);
  addTo(sums + (row << 1) + (c << 1), product, four);
}

/** Σ dy and Σ dy (x - mean) */
// prettier-ignore
export function batchNormGradientSums(
  dy: usize, x: usize, vectors: usize, sums: usize, rows: i32, columns: i32, rectified: bool, rowsOfPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const row = <usize>columns << 2;
  const whole = <usize>(columns & ~3) << 2;
  for (let part = first; part < end; part++) {
    const slot = sums + <usize>part * (row << 2);
    memory.fill(slot, 0, row << 2);
    const last = min(rows, (part + 1) * rowsOfPart);
    for (let r = part * rowsOfPart; r < last; r += CHUNK) {
      const from = x + <usize>r * row;
      const to = from + <usize>min(CHUNK, last - r) * row;
      let c: usize = 0;
      if (rectified) for (; c < whole; c += 16) productsOf(from, to, row, dy - x, vectors, c, slot, true, true);
      else for (; c < whole; c += 16) productsOf(from, to, row, dy - x, vectors, c, slot, false, true);
      for (; c < row; c += 4) productsOf(from, to, row, dy - x, vectors, c, slot, rectified, false);
    }
  }
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function combined(x: v128, dy: v128, vectors: usize, row: usize, c: usize, rectified: bool, four: bool): v128 {
  const centered = f32x4.sub(x, read(vectors + c, four));
  const through = passed(dy, centered, vectors, row, c, rectified, four);
  const scaled = f32x4.add(f32x4.mul(through, read(vectors + row + c, four)), read(vectors + 4 * row + c, four));
  return f32x4.add(scaled, f32x4.mul(centered, read(vectors + 3 * row + c, four)));
}

/** dx = dy · factor + (x - mean) · b + d; vectors is mean, factor, offset, b, d. */
// prettier-ignore
export function batchNormGradient(
  dy: usize, x: usize, vectors: usize, dx: usize, rows: i32, columns: i32, rectified: bool, rowsOfPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const row = <usize>columns << 2;
  const whole = <usize>(columns & ~3) << 2;
  const last = x + <usize>min(rows, end * rowsOfPart) * row;
  for (let at = x + <usize>(first * rowsOfPart) * row; at < last; at += row) {
    const from = at + (dy - x), to = at + (dx - x);
    let c: usize = 0;
    if (rectified) for (; c < whole; c += 16) v128.store(to + c, combined(v128.load(at + c), v128.load(from + c), vectors, row, c, true, true));
    else for (; c < whole; c += 16) v128.store(to + c, combined(v128.load(at + c), v128.load(from + c), vectors, row, c, false, true));
    for (; c < row; c += 4) write(to + c, combined(read(at + c, false), read(from + c, false), vectors, row, c, rectified, false), false);
  }
}
