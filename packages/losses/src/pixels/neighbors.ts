import {
  add,
  concat,
  maximum,
  minimum,
  mul,
  reshape,
  slice,
  zerosLike,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

/**
 * The neighbors of every pixel along one axis, in a grid that is stored as `[B, N, K]`. Beyond the border stands the pixel
 * itself (`edge`) or 0 (`zero`).
 */
export function neighborsAlong(
  x: Tensor3D,
  space: readonly number[],
  axis: number,
  border: 'edge' | 'zero',
): { before: Tensor3D; after: Tensor3D } {
  const [batch, , channels] = x.shape;
  const size = space[axis]!;
  const outer = space.slice(0, axis).reduce((a, b) => a * b, batch);
  const inner = space.slice(axis + 1).reduce((a, b) => a * b, channels);
  if (size === 1) {
    const alone = border === 'edge' ? x : (zerosLike(x) as Tensor3D);
    return { before: alone, after: alone };
  }
  const lines = reshape(x, [outer, size, inner]) as Tensor3D;
  const part = (from: number, length: number) => slice(lines, [0, from, 0], [outer, length, inner]);
  const beyond = (from: number) => (border === 'edge' ? part(from, 1) : zerosLike(part(from, 1)));
  const back = (y: Tensor) => reshape(y, x.shape) as Tensor3D;
  return {
    before: back(concat([beyond(0), part(0, size - 1)], 1)),
    after: back(concat([part(1, size - 1), beyond(size - 1)], 1)),
  };
}

const axesOf = (space: readonly number[]) => space.map((_, axis) => axis);

/** Smallest value of a pixel and its neighbors along the axes (a cross). */
export function erode(x: Tensor3D, space: readonly number[]): Tensor3D {
  let smallest = x;
  for (const axis of axesOf(space)) {
    const { before, after } = neighborsAlong(x, space, axis, 'edge');
    smallest = minimum(smallest, minimum(before, after)) as Tensor3D;
  }
  return smallest;
}

/** Largest value of a pixel and its neighbors, diagonal ones too (a box of 3 along each axis). */
export function dilate(x: Tensor3D, space: readonly number[]): Tensor3D {
  return axesOf(space).reduce((y, axis) => {
    const { before, after } = neighborsAlong(y, space, axis, 'edge');
    return maximum(y, maximum(before, after)) as Tensor3D;
  }, x);
}

/** Mean of a pixel and its neighbors along the axes (a cross), 0 beyond the border. */
export function crossMean(x: Tensor3D, space: readonly number[]): Tensor3D {
  const parts = axesOf(space).flatMap((axis) => {
    const { before, after } = neighborsAlong(x, space, axis, 'zero');
    return [before, after];
  });
  const all = parts.reduce((left, right) => add(left, right) as Tensor3D, x);
  return mul(all, 1 / (2 * space.length + 1)) as Tensor3D;
}

/** Weighted sum over a window of each axis in turn, 0 beyond the border; `weights` has an odd length. */
export function windowSum(x: Tensor3D, space: readonly number[], weights: readonly number[]): Tensor3D {
  const half = (weights.length - 1) / 2;
  return axesOf(space).reduce((y, axis) => {
    let total = mul(y, weights[half]!) as Tensor3D;
    let before = y;
    let after = y;
    for (let step = 1; step <= half; step++) {
      before = neighborsAlong(before, space, axis, 'zero').before;
      after = neighborsAlong(after, space, axis, 'zero').after;
      total = add(
        total,
        add(mul(before, weights[half - step]!), mul(after, weights[half + step]!)),
      ) as Tensor3D;
    }
    return total;
  }, x);
}
