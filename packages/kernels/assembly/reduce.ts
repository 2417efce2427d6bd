// Sums over the rows of [rows, columns], one for each column, as float64 numbers at `sums`: float32 within a few rows, whose
// rounding is below that of the values, and float64 from there on.

/** Rows that are added in float32: they stay in the first-level cache while the columns go through them. */
const CHUNK: i32 = 32;

// @ts-ignore: decorator of AssemblyScript
@inline
function addTo(sums: usize, values: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(values)));
  const high = f64x2.promote_low_f32x4(i64x2.shuffle(values, values, 1, 0));
  v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
}

// The terms that are summed.
const PLAIN = 0;
const CENTERED_PRODUCT = 1;

/** Σ over rows of a term, which is a constant, so that each has a loop of its own; `y` is `apart` bytes from x. */
// @ts-ignore: decorator of AssemblyScript
@inline
function sumOf(term: i32, x: usize, apart: usize, mean: usize, sums: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  memory.fill(sums, 0, row << 1);
  for (let first = 0; first < rows; first += CHUNK) {
    const end = x + <usize>min(CHUNK, rows - first) * row;
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      const center = term == PLAIN ? f32x4.splat(0) : v128.load(mean + c);
      let sum = f32x4.splat(0);
      for (let at = x + c; at < end; at += row) {
        let value = v128.load(at);
        if (term != PLAIN) value = f32x4.sub(value, center);
        if (term == CENTERED_PRODUCT) value = f32x4.mul(value, v128.load(at + apart));
        sum = f32x4.add(sum, value);
      }
      addTo(sums + (c << 1), sum);
    }
    for (; c < row; c += 4) {
      const center: f32 = term == PLAIN ? 0 : load<f32>(mean + c);
      let sum: f64 = 0;
      for (let at = x + c; at < end; at += row) {
        let value = <f64>(load<f32>(at) - center);
        if (term == CENTERED_PRODUCT) value *= <f64>load<f32>(at + apart);
        sum += value;
      }
      store<f64>(sums + (c << 1), load<f64>(sums + (c << 1)) + sum);
    }
    x = end;
  }
}

/** sums[c] = Σ_r x[r,c] */
export function columnSum(x: usize, sums: usize, rows: i32, columns: i32): void {
  sumOf(PLAIN, x, 0, 0, sums, rows, columns);
}

/** sums[c] = Σ_r y[r,c] · (x[r,c] - mean[c]) */
export function centeredProductSum(y: usize, x: usize, mean: usize, sums: usize, rows: i32, columns: i32): void {
  sumOf(CENTERED_PRODUCT, x, y - x, mean, sums, rows, columns);
}
