import { type Spacing } from '@segloss/geometry';

/** Stands for the steps along a row without elements. */
const NONE = 2 ** 29;
/** Places that are tried before all others. */
const PROBES = 64;
/** Rows that a place may look at on average: with more, a distance map takes less time. */
const MOST_ROWS = 12;

/**
 * The squared distance of places to the nearest of many elements, as between the borders of noise: by the steps to the nearest element along each
 * row, and from each place outwards row by row, until no row can be nearer. Undefined where elements are so far that this takes longer than a
 * distance map.
 *
 * @param places Indices on a grid of two or three axes, rising. @param elements Indices of the elements, at least one.
 */
export function distancesToClose(
  places: Int32Array,
  elements: Int32Array,
  shape: readonly number[],
  spacing: Spacing,
): Float64Array | undefined {
  const search = new RowSearch(elements, shape, spacing);
  const step = places.length / Math.min(PROBES, places.length);
  const probes = Int32Array.from({ length: places.length / step }, (_, i) => places[Math.floor(i * step)]!);
  if (search.squaredDistances(probes, MOST_ROWS * probes.length) === undefined) return undefined;
  return search.squaredDistances(places, MOST_ROWS * places.length);
}

class RowSearch {
  private readonly steps: Int32Array;
  private readonly shape: readonly [depth: number, height: number, width: number];
  private readonly spacing: readonly [number, number, number];
  private rows = 0;

  constructor(elements: Int32Array, shape: readonly number[], spacing: Spacing) {
    this.shape = [1, ...shape].slice(-3) as [number, number, number];
    this.spacing = [1, ...spacing].slice(-3) as [number, number, number];
    const [depth, height, width] = this.shape;
    this.steps = stepsAlongRows(elements, depth * height * width, width);
  }

  /** Undefined if more rows would have to be looked at. */
  squaredDistances(places: Int32Array, mostRows: number): Float64Array | undefined {
    const [depth, height, width] = this.shape;
    const { steps } = this;
    const squared = new Float64Array(places.length);
    this.rows = 0;
    let [y, z, endOfRow] = [0, 0, width];
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      for (; place >= endOfRow; endOfRow += width) {
        if (++y < height) continue;
        y = 0;
        z++;
      }
      if (steps[place] === 0) continue;
      if (this.rows > mostRows) return undefined;
      const near = this.nearestInSlice(place, y, 0, Infinity);
      squared[i] = depth === 1 ? near : this.nearestInOthers(place, y, z, near);
    }
    return squared;
  }

  /** The nearest element of other slices, if it is nearer than `best`. */
  private nearestInOthers(place: number, y: number, z: number, best: number): number {
    const [depth, height, width] = this.shape;
    const stride = height * width;
    for (let k = 1; k < depth; k++) {
      const away = (k * this.spacing[0]) ** 2;
      if (away >= best) break;
      if (z >= k) best = this.nearestInSlice(place - k * stride, y, away, best);
      if (z + k < depth) best = this.nearestInSlice(place + k * stride, y, away, best);
    }
    return best;
  }

  /**
   * The nearest element of the slice of `place`, if it is nearer than `best`; `away` is the square of the distance of the slice. The axes are added
   * from the last on, as in the distance transform: the sums are rounded alike.
   */
  private nearestInSlice(place: number, y: number, away: number, best: number): number {
    const [, height, width] = this.shape;
    const [, dy, dx] = this.spacing;
    const { steps } = this;
    const here = steps[place]!;
    if (here < NONE) best = Math.min(best, (dx * here) ** 2 + away);
    let k = 1;
    for (; k < height; k++) {
      const off = (k * dy) ** 2;
      if (off + away >= best) break;
      if (y >= k) {
        const above = steps[place - k * width]!;
        if (above < NONE) best = Math.min(best, (dx * above) ** 2 + off + away);
      }
      if (y + k < height) {
        const below = steps[place + k * width]!;
        if (below < NONE) best = Math.min(best, (dx * below) ** 2 + off + away);
      }
    }
    this.rows += k;
    return best;
  }
}

/** Of each pixel, the steps to the nearest element of its row, first of those on the left; {@link NONE} or more where there is none. */
function stepsAlongRows(elements: Int32Array, pixels: number, width: number): Int32Array {
  const steps = new Int32Array(pixels).fill(-1);
  for (let i = 0; i < elements.length; i++) steps[elements[i]!] = 0;
  // Without branches, as elements may be noise: 0 at an element, where all bits of -1 are taken away, and the smaller number by its sign.
  for (let start = 0; start < pixels; start += width) {
    let walked = NONE;
    for (let i = start; i < start + width; i++) {
      walked = (walked + 1) & steps[i]!;
      steps[i] = walked;
    }
    walked = NONE;
    for (let i = start + width - 1; i >= start; i--) {
      const left = steps[i]!;
      const more = walked + 1 - left;
      walked = left + (more & (more >> 31));
      steps[i] = walked;
    }
  }
  return steps;
}
