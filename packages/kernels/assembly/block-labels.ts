import { BLOCK, ROW, storeRow } from './region-block';

// What `blockLabels` says of a block, unless it is the label that all its pixels have.
export const ALL_SEEN = -1;
export const SOME_SEEN = -2;
export const NONE_SEEN = -3;

/**
 * The class indices of a block into a row, -1 beyond `count` pixels, and v = 1 where they are not negative into another. Answers the label that all
 * pixels have, as most blocks of a mask do, or one of the three above.
 */
export function blockLabels(indices: usize, count: i32, labels: usize, v: usize): i32 {
  if (count < BLOCK) {
    memory.fill(labels, 255, ROW);
    memory.copy(labels, indices, <usize>count << 2);
  } else {
    storeRow(labels, v128.load(indices), v128.load(indices, 16), v128.load(indices, 32), v128.load(indices, 48));
  }
  const one = f32x4.splat(1);
  const none = i32x4.splat(-1);
  const first = v128.load32_splat(labels);
  let same = none;
  let all = none;
  let any = i32x4.splat(0);
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const label = v128.load(labels + lane);
    const seen = i32x4.gt_s(label, none);
    v128.store(v + lane, v128.and(seen, one));
    same = v128.and(same, i32x4.eq(label, first));
    all = v128.and(all, seen);
    any = v128.or(any, seen);
  }
  if (!v128.any_true(any)) return NONE_SEEN;
  if (!i32x4.all_true(all)) return SOME_SEEN;
  return i32x4.all_true(same) ? load<i32>(labels) : ALL_SEEN;
}
