/** sums[c] = Σ_r x[r,c], accumulated in float64. */
export function columnSum(x: usize, sums: usize, rows: i32, columns: i32): void {
  const row = <usize>columns << 2;
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    let at = x + (<usize>c << 2);
    for (let r = 0; r < rows; r++) {
      const values = v128.load(at);
      low = f64x2.add(low, f64x2.promote_low_f32x4(values));
      high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(values, values, 1, 0)));
      at += row;
    }
    const to = sums + (<usize>c << 2);
    store<f32>(to, <f32>f64x2.extract_lane(low, 0));
    store<f32>(to + 4, <f32>f64x2.extract_lane(low, 1));
    store<f32>(to + 8, <f32>f64x2.extract_lane(high, 0));
    store<f32>(to + 12, <f32>f64x2.extract_lane(high, 1));
  }
  for (; c < columns; c++) {
    let sum: f64 = 0;
    let at = x + (<usize>c << 2);
    for (let r = 0; r < rows; r++) {
      sum += <f64>load<f32>(at);
      at += row;
    }
    store<f32>(sums + (<usize>c << 2), <f32>sum);
  }
}
