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

/** sums[c] = Σ_r dy[r,c] · (x[r,c] - mean[c]), accumulated in float64. */
// prettier-ignore
export function centeredProductSum(
  dy: usize, x: usize, mean: usize, sums: usize, rows: i32, columns: i32,
): void {
  const row = <usize>columns << 2;
  const vectors = <usize>(columns & ~3) << 2;
  let c: usize = 0;
  for (; c < vectors; c += 16) {
    const center = v128.load(mean + c);
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    let dyAt = dy + c;
    let xAt = x + c;
    for (let r = 0; r < rows; r++) {
      const product = f32x4.mul(v128.load(dyAt), f32x4.sub(v128.load(xAt), center));
      low = f64x2.add(low, f64x2.promote_low_f32x4(product));
      high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(product, product, 1, 0)));
      dyAt += row;
      xAt += row;
    }
    store<f32>(sums + c, <f32>f64x2.extract_lane(low, 0));
    store<f32>(sums + c, <f32>f64x2.extract_lane(low, 1), 4);
    store<f32>(sums + c, <f32>f64x2.extract_lane(high, 0), 8);
    store<f32>(sums + c, <f32>f64x2.extract_lane(high, 1), 12);
  }
  for (; c < row; c += 4) {
    let sum: f64 = 0;
    const center = load<f32>(mean + c);
    for (let r = 0; r < rows; r++) {
      const at = <usize>r * row + c;
      sum += <f64>load<f32>(dy + at) * <f64>(load<f32>(x + at) - center);
    }
    store<f32>(sums + c, <f32>sum);
  }
}
