// Batch normalization of rows [rows, columns]: mean, factor and offset have one value for each column.

/** out[r,c] = (x[r,c] - mean[c]) · factor[c] + offset[c] */
// prettier-ignore
export function normalizeColumns(
  x: usize, mean: usize, factor: usize, offset: usize, out: usize, rows: i32, columns: i32,
): void {
  const bytes = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  for (let r = 0; r < rows; r++) {
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      const centered = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      v128.store(out + c, f32x4.add(f32x4.mul(centered, v128.load(factor + c)), v128.load(offset + c)));
    }
    for (; c < bytes; c += 4) {
      store<f32>(out + c, (load<f32>(x + c) - load<f32>(mean + c)) * load<f32>(factor + c) + load<f32>(offset + c));
    }
    x += bytes;
    out += bytes;
  }
}

/** out[r,c] = x[r,c] · factor[c] */
export function scaleColumns(x: usize, factor: usize, out: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  for (let r = 0; r < rows; r++) {
    let c: usize = 0;
    for (; c < vectors; c += 16) v128.store(out + c, f32x4.mul(v128.load(x + c), v128.load(factor + c)));
    for (; c < bytes; c += 4) store<f32>(out + c, load<f32>(x + c) * load<f32>(factor + c));
    x += bytes;
    out += bytes;
  }
}
