import { type Size, type Warp } from '../types.js';

/** Slices of a volume; throws for an image. */
export function slicesOf(transform: string, depth: number | undefined): number {
  if (depth !== undefined) return depth;
  throw new RangeError(
    `${transform}: wanted volumes, because a depth is set, got an image; leave the depth out`,
  );
}

/** The window that begins so many pixels from the left, the top and the front. */
export function moved(size: Omit<Warp, 'toSource'>, left: number, top: number, front = 0): Warp {
  return {
    ...size,
    toSource(point) {
      point.x += left;
      point.y += top;
      point.z += front;
    },
    rowToSource({ x, y, z }) {
      for (let i = 0; i < x.length; i++) x[i]! += left;
      for (let i = 0; i < y.length; i++) y[i]! += top;
      for (let i = 0; i < z.length; i++) z[i]! += front;
    },
  };
}

/** Height and width times a factor, a pixel at least. */
export function scaled(from: Size, factor: number): Warp {
  return stretched(from, {
    height: Math.max(1, Math.round(from.height * factor)),
    width: Math.max(1, Math.round(from.width * factor)),
  });
}

/** All of the image at another size. */
export function stretched(from: Size, to: Omit<Warp, 'toSource'>): Warp {
  const [x, y] = [from.width / to.width, from.height / to.height];
  return {
    ...to,
    toSource(point) {
      point.x *= x;
      point.y *= y;
    },
    rowToSource({ x: xs, y: ys }) {
      for (let i = 0; i < xs.length; i++) xs[i]! *= x;
      for (let i = 0; i < ys.length; i++) ys[i]! *= y;
    },
  };
}
