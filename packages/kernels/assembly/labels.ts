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
