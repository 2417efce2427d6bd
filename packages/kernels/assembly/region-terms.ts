// The terms of the region sums where y and v are given for each element: what softmax and sigmoid have in common.
import { term } from './generated/statistics';
import { slotOf } from './region-slots';

/**
 * Adds `vectors` vectors of a term to each of `groups` sums. From vector to vector it is `step` bytes, from group to group `groupStep`, in v
 * `validStep`.
 */
// @ts-ignore: decorator
// prettier-ignore
@inline
export function addTerm(
  statistic: i32, sums: usize, groups: i32, vectors: i32, step: usize, groupStep: usize, validStep: usize,
  y: usize, v: usize, s: usize, c: usize, logS: usize, logC: usize, t: usize, tc: usize,
): void {
  let from: usize = 0;
  for (const end = sums + (<usize>groups << 4); sums < end; sums += 16) {
    let sum = v128.load(sums);
    let at = from;
    let seen = v;
    let left = vectors;
    for (; left >= 4; left -= 4) {
      const a = term(statistic, at, y, seen, s, c, logS, logC, t, tc);
      const b = term(statistic, at + step, y, seen + step, s, c, logS, logC, t, tc);
      const d = term(statistic, at + 2 * step, y, seen + 2 * step, s, c, logS, logC, t, tc);
      const e = term(statistic, at + 3 * step, y, seen + 3 * step, s, c, logS, logC, t, tc);
      sum = f32x4.add(sum, f32x4.add(f32x4.add(a, b), f32x4.add(d, e)));
      at += 4 * step;
      seen += 4 * step;
    }
    for (; left > 0; left--) {
      sum = f32x4.add(sum, term(statistic, at, y, seen, s, c, logS, logC, t, tc));
      at += step;
      seen += step;
    }
    v128.store(sums, sum);
    from += groupStep;
    v += validStep;
  }
}

// @ts-ignore: decorator
@inline
export function has(slots: usize, statistic: i32): bool {
  return slotOf(slots, statistic) >= 0;
}

/** The factor dy [S, B, K] of a statistic for channel k of an image, 0 where it is not wanted; `image` is the place of the channel in [B, K]. */
// @ts-ignore: decorator
@inline
export function factorOf(dy: usize, slots: usize, statistic: i32, plane: usize, image: usize): f32 {
  const slot = slotOf(slots, statistic);
  return slot < 0 ? 0 : load<f32>(dy + <usize>slot * plane + image);
}
