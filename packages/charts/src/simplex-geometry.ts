import { type Proportions } from './types.js';

/** A place in pixels. */
export type Point = readonly [x: number, y: number];

/** A triangle whose corners stand for three classes: a mixture of proportions p lies at their weighted mean. */
export interface Triangle {
  readonly corners: readonly [Point, Point, Point];
  at(p: Proportions): Point;
}

/** The equilateral triangle on a base from (left, bottom) to (right, bottom). */
export function makeTriangle(left: number, right: number, bottom: number): Triangle {
  const corners = [
    [left, bottom],
    [right, bottom],
    [(left + right) / 2, bottom - (Math.sqrt(3) / 2) * (right - left)],
  ] as const;
  const mean = (p: Proportions, axis: 0 | 1) =>
    p.reduce((sum, share, k) => sum + share * corners[k]![axis], 0);
  return { corners, at: (p) => [mean(p, 0), mean(p, 1)] };
}

/** The least distance between two of the places; `otherwise` for fewer than two. */
export function spacing(places: readonly Point[], otherwise: number): number {
  const [first, ...rest] = places;
  if (first === undefined || rest.length === 0) return otherwise;
  // On a lattice every point has a nearest neighbor at the same distance.
  return Math.min(...rest.map(([x, y]) => Math.hypot(x - first[0], y - first[1])));
}

/** The part within the triangle of the hexagon that is nearest to a point of a triangular lattice. */
export function cell([x, y]: Point, size: number, { corners }: Triangle): Point[] {
  const radius = size / Math.sqrt(3);
  const hexagon = Array.from({ length: 6 }, (_, i): Point => {
    const angle = Math.PI / 6 + (i * Math.PI) / 3;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
  return corners.reduce<Point[]>((polygon, from, k) => clip(polygon, from, corners[(k + 1) % 3]!), hexagon);
}

/** The part of a convex polygon left of the line when one walks from `from` to `to` (y points down). */
function clip(polygon: readonly Point[], from: Point, to: Point): Point[] {
  const side = ([x, y]: Point) => (to[1] - from[1]) * (x - from[0]) - (to[0] - from[0]) * (y - from[1]);
  return polygon.flatMap((point, i) => {
    const before = polygon[(i + polygon.length - 1) % polygon.length]!;
    const [a, b] = [side(before), side(point)];
    const crossing: Point[] =
      a * b < 0
        ? [
            [
              before[0] + ((point[0] - before[0]) * a) / (a - b),
              before[1] + ((point[1] - before[1]) * a) / (a - b),
            ],
          ]
        : [];
    return b >= 0 ? [...crossing, point] : crossing;
  });
}
