// The terms of the region sums where y and v are given for each element: what softmax and sigmoid have in common.
import {
  COMPLEMENT_LOG_LIKELIHOOD, COUNT, DIFFERENCE, LOG_LIKELIHOOD, LOG_SUM, OVERLAP, OVERLAP_SQUARES, PREDICTED, PREDICTED_COMPLEMENT,
  PREDICTED_SQUARES, slotOf, STATISTICS, TARGET, TARGET_SQUARES, TEMPERED, TEMPERED_COMPLEMENT,
} from './region-slots';

// @ts-ignore: decorator
@inline
function term(statistic: i32, at: usize, y: usize, v: usize, s: usize, c: usize, logS: usize, logC: usize, t: usize, tc: usize): v128 {
  switch (statistic) {
    case COUNT: return v128.load(v);
    case TARGET: return v128.load(y + at);
    case TARGET_SQUARES: return f32x4.mul(v128.load(y + at), v128.load(y + at));
    case PREDICTED: return f32x4.mul(v128.load(v), v128.load(s + at));
    case PREDICTED_SQUARES: return f32x4.mul(v128.load(v), f32x4.mul(v128.load(s + at), v128.load(s + at)));
    case OVERLAP: return f32x4.mul(v128.load(y + at), v128.load(s + at));
    case OVERLAP_SQUARES: return f32x4.mul(v128.load(y + at), f32x4.mul(v128.load(s + at), v128.load(s + at)));
    case DIFFERENCE: return f32x4.mul(v128.load(v), f32x4.abs(f32x4.sub(v128.load(s + at), v128.load(y + at))));
    case LOG_LIKELIHOOD: return f32x4.mul(v128.load(y + at), v128.load(logS + at));
    case LOG_SUM: return f32x4.mul(v128.load(v), v128.load(logS + at));
    case TEMPERED: return f32x4.mul(v128.load(v), v128.load(t + at));
    case PREDICTED_COMPLEMENT: return f32x4.mul(v128.load(v), v128.load(c + at));
    case TEMPERED_COMPLEMENT: return f32x4.mul(v128.load(v), v128.load(tc + at));
    case COMPLEMENT_LOG_LIKELIHOOD: return f32x4.mul(f32x4.sub(v128.load(v), v128.load(y + at)), v128.load(logC + at));
    default: return f32x4.mul(v128.load(v), v128.load(logC + at));
  }
}

/**
 * Adds `vectors` vectors of a term to each of `groups` sums. From vector to vector it is `step` bytes, from group to group `groupStep`, in v
 * `validStep`.
 */
// @ts-ignore: decorator
// prettier-ignore
@inline
function addTerm(
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

/** Adds the terms of every statistic that has a slot to `sums`, four lanes [S, groups]; as {@link addTerm}. */
// prettier-ignore
export function addTerms(
  slots: usize, sums: usize, groups: i32, vectors: i32, step: usize, groupStep: usize, validStep: usize,
  y: usize, v: usize, s: usize, c: usize, logS: usize, logC: usize, t: usize, tc: usize,
): void {
  for (let statistic = 0; statistic < STATISTICS; statistic++) {
    const slot = slotOf(slots, statistic);
    if (slot < 0) continue;
    const to = sums + (<usize>(slot * groups) << 4);
    // The statistic is a constant in each call, so that each has a loop of its own.
    switch (statistic) {
      case 0: addTerm(0, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 1: addTerm(1, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 2: addTerm(2, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 3: addTerm(3, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 4: addTerm(4, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 5: addTerm(5, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 6: addTerm(6, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 7: addTerm(7, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 8: addTerm(8, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 9: addTerm(9, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 10: addTerm(10, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 11: addTerm(11, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 12: addTerm(12, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      case 13: addTerm(13, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
      default: addTerm(14, to, groups, vectors, step, groupStep, validStep, y, v, s, c, logS, logC, t, tc); break;
    }
  }
}

// @ts-ignore: decorator
@inline
export function has(slots: usize, statistic: i32): bool {
  return slotOf(slots, statistic) >= 0;
}

/** -1, 0 or 1 */
// @ts-ignore: decorator
@inline
export function sign4(x: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
}

/** The factor dy [S, B, K] of a statistic for channel k of an image, 0 where it is not wanted; `image` is the place of the channel in [B, K]. */
// @ts-ignore: decorator
@inline
export function factorOf(dy: usize, slots: usize, statistic: i32, plane: usize, image: usize): f32 {
  const slot = slotOf(slots, statistic);
  return slot < 0 ? 0 : load<f32>(dy + <usize>slot * plane + image);
}
