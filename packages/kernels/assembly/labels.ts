/** Indices with -1 where they are negative or `ignored`, and the largest index (-1: none) at `largest`. */
// prettier-ignore
export function readIndices(labels: usize, marked: usize, largest: usize, length: i32, ignored: i32): void {
  const none = i32x4.splat(-1);
  const skip = i32x4.splat(ignored);
  const vectors = <usize>(length & ~3) << 2;
  let best = none;
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    const label = v128.load(labels + at);
    const seen = v128.and(i32x4.gt_s(label, none), i32x4.ne(label, skip));
    const kept = v128.bitselect(label, none, seen);
    v128.store(marked + at, kept);
    best = i32x4.max_s(best, kept);
  }
  let most = max(max(i32x4.extract_lane(best, 0), i32x4.extract_lane(best, 1)), max(i32x4.extract_lane(best, 2), i32x4.extract_lane(best, 3)));
  for (; at < <usize>length << 2; at += 4) {
    const label = load<i32>(labels + at);
    const seen = label >= 0 && label != ignored;
    store<i32>(marked + at, seen ? label : -1);
    if (seen) most = max(most, label);
  }
  store<i32>(largest, most);
}

/**
 * Labels of sigmoid channels, float32 or int32 (`whole`): as float32 with 0 at ignored ones, and 1 where they count; and at `found` what
 * there is among them, four numbers of 1 or 0: ignored ones, zeros, others up to 1, and invalid ones.
 */
// prettier-ignore
export function readUnitLabels(labels: usize, target: usize, valid: usize, found: usize, length: i32, ignored: f32, whole: i32): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const skip = f32x4.splat(ignored);
  let anyIgnored = zero;
  let anyZero = zero;
  let anyOther = zero;
  let anyInvalid = zero;
  for (let at: usize = 0, end = <usize>length << 2; at < end; at += 16) {
    const left = end - at;
    // Beyond the last label the first one of the vector is seen again.
    let x = v128.load32_splat(labels + at);
    if (left >= 16) {
      x = v128.load(labels + at);
    } else {
      if (left > 4) x = v128.load32_lane(labels + at + 4, x, 1);
      if (left > 8) x = v128.load32_lane(labels + at + 8, x, 2);
    }
    if (whole) x = f32x4.convert_i32x4_s(x);
    const isIgnored = f32x4.eq(x, skip);
    const isZero = f32x4.eq(x, zero);
    const isOther = v128.and(f32x4.gt(x, zero), f32x4.le(x, one));
    const isNegative = v128.and(f32x4.lt(x, zero), f32x4.eq(x, f32x4.floor(x)));
    anyIgnored = v128.or(anyIgnored, isIgnored);
    anyZero = v128.or(anyZero, v128.andnot(isZero, isIgnored));
    anyOther = v128.or(anyOther, v128.andnot(isOther, isIgnored));
    anyInvalid = v128.or(anyInvalid, v128.not(v128.or(v128.or(isIgnored, isNegative), v128.or(isZero, isOther))));
    const counts = v128.not(v128.or(isIgnored, f32x4.lt(x, zero)));
    const y = v128.and(counts, x);
    const v = v128.and(counts, one);
    if (left >= 16) {
      v128.store(target + at, y);
      v128.store(valid + at, v);
    } else {
      v128.store32_lane(target + at, y, 0);
      v128.store32_lane(valid + at, v, 0);
      if (left > 4) {
        v128.store32_lane(target + at, y, 1, 4);
        v128.store32_lane(valid + at, v, 1, 4);
      }
      if (left > 8) {
        v128.store32_lane(target + at, y, 2, 8);
        v128.store32_lane(valid + at, v, 2, 8);
      }
    }
  }
  store<i32>(found, v128.any_true(anyIgnored));
  store<i32>(found + 4, v128.any_true(anyZero));
  store<i32>(found + 8, v128.any_true(anyOther));
  store<i32>(found + 12, v128.any_true(anyInvalid));
}
