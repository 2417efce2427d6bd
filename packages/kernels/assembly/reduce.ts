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

/** sums[c] = Σ_r x[r,c] */
export function columnSum(x: usize, sums: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  memory.fill(sums, 0, row << 1);
  for (let first = 0; first < rows; first += CHUNK) {
    const end = x + <usize>min(CHUNK, rows - first) * row;
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      let sum = f32x4.splat(0);
      for (let at = x; at < end; at += row) sum = f32x4.add(sum, v128.load(at + c));
      addTo(sums + (c << 1), sum);
    }
    for (; c < row; c += 4) {
      let sum: f64 = 0;
      for (let at = x; at < end; at += row) sum += <f64>load<f32>(at + c);
      store<f64>(sums + (c << 1), load<f64>(sums + (c << 1)) + sum);
    }
    x = end;
  }
}

/** sums[c] = Σ_r y[r,c] · (x[r,c] - mean[c]) */
// prettier-ignore
export function centeredProductSum(y: usize, x: usize, mean: usize, sums: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  const apart = y - x;
  memory.fill(sums, 0, row << 1);
  for (let first = 0; first < rows; first += CHUNK) {
    const end = x + <usize>min(CHUNK, rows - first) * row;
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      const center = v128.load(mean + c);
      let sum = f32x4.splat(0);
      for (let at = x + c; at < end; at += row) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(at + apart), f32x4.sub(v128.load(at), center)));
      }
      addTo(sums + (c << 1), sum);
    }
    for (; c < row; c += 4) {
      const center = load<f32>(mean + c);
      let sum: f64 = 0;
      for (let at = x + c; at < end; at += row) sum += <f64>load<f32>(at + apart) * <f64>(load<f32>(at) - center);
      store<f64>(sums + (c << 1), load<f64>(sums + (c << 1)) + sum);
    }
    x = end;
  }
}

/** sums[c] = Σ_r (x[r,c] - mean[c])² */
export function centeredSquareSum(x: usize, mean: usize, sums: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  memory.fill(sums, 0, row << 1);
  for (let first = 0; first < rows; first += CHUNK) {
    const end = x + <usize>min(CHUNK, rows - first) * row;
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      const center = v128.load(mean + c);
      let sum = f32x4.splat(0);
      for (let at = x + c; at < end; at += row) {
        const centered = f32x4.sub(v128.load(at), center);
        sum = f32x4.add(sum, f32x4.mul(centered, centered));
      }
      addTo(sums + (c << 1), sum);
    }
    for (; c < row; c += 4) {
      const center = load<f32>(mean + c);
      let sum: f64 = 0;
      for (let at = x + c; at < end; at += row) {
        const centered = <f64>(load<f32>(at) - center);
        sum += centered * centered;
      }
      store<f64>(sums + (c << 1), load<f64>(sums + (c << 1)) + sum);
    }
    x = end;
  }
}
