import { type Spacing } from '@segloss/geometry';

/** Points in a leaf of the tree. */
const LEAF = 8;

/** Coordinates of a point; of fewer axes, the first ones are 0. */
const RANK = 3;

/**
 * The nearest of points on a grid of at most three axes, by a k-d tree: each node has the box of its points, and half of them on either side of
 * the middle of its longest axis.
 *
 * @see J. Bentley, "Multidimensional binary search trees used for associative searching", CACM 1975.
 */
export class NearestPoints {
  /** Coordinates in the order of the tree, those of a point together. */
  private readonly points: Int32Array;
  private readonly count: number;
  /** Lowest and highest coordinate of each node along each axis. Node n has the children 2n + 1 and 2n + 2. */
  private readonly boxes: Int32Array;
  private readonly spacing: readonly [number, number, number];
  private readonly nodes = new Int32Array(3 * 64);
  private readonly distances = new Float64Array(64);
  /** The answer to the last question: near the next one, as a rule. */
  private last = 0;

  /** @param places Indices of the points on the grid; at least one. */
  constructor(places: Int32Array, shape: readonly number[], spacing: Spacing) {
    this.spacing = [1, 1, 1, ...spacing].slice(-RANK) as [number, number, number];
    this.count = places.length;
    this.points = coordinatesOf(places, shape);
    let nodes = 1;
    for (let most = this.count; most > LEAF; most = (most + 1) >> 1) nodes = 2 * nodes + 1;
    this.boxes = new Int32Array(2 * RANK * nodes);
    this.build(0, 0, this.count);
  }

  /** The squared distance of each place of the grid to its nearest point. */
  squaredDistances(places: Int32Array, shape: readonly number[]): Float64Array {
    const queries = coordinatesOf(places, shape);
    const squared = new Float64Array(places.length);
    for (let i = 0; i < squared.length; i++) {
      squared[i] = this.nearest(queries[RANK * i]!, queries[RANK * i + 1]!, queries[RANK * i + 2]!);
    }
    return squared;
  }

  private build(node: number, low: number, high: number): void {
    const { points, boxes, spacing } = this;
    let [longest, length] = [0, -1];
    for (let axis = 0; axis < RANK; axis++) {
      let [least, most] = [points[low * RANK + axis]!, points[low * RANK + axis]!];
      for (let i = (low + 1) * RANK + axis; i < high * RANK; i += RANK) {
        const value = points[i]!;
        if (value < least) least = value;
        else if (value > most) most = value;
      }
      boxes[2 * (RANK * node + axis)] = least;
      boxes[2 * (RANK * node + axis) + 1] = most;
      if ((most - least) * spacing[axis]! <= length) continue;
      length = (most - least) * spacing[axis]!;
      longest = axis;
    }
    if (high - low <= LEAF) return;
    const middle = (low + high + 1) >> 1;
    this.select(low, high - 1, middle, longest);
    this.build(2 * node + 1, low, middle);
    this.build(2 * node + 2, middle, high);
  }

  /** Moves points so that none before `middle` lies behind any from it on (quickselect). */
  private select(left: number, right: number, middle: number, axis: number): void {
    const { points } = this;
    while (left < right) {
      const pivot = points[((left + right) >> 1) * RANK + axis]!;
      let [i, j] = [left, right];
      while (i <= j) {
        while (points[i * RANK + axis]! < pivot) i++;
        while (points[j * RANK + axis]! > pivot) j--;
        if (i <= j) this.swap(i++, j--);
      }
      if (middle <= j) right = j;
      else if (middle >= i) left = i;
      else return;
    }
  }

  private swap(i: number, j: number): void {
    const { points } = this;
    for (let axis = 0; axis < RANK; axis++) {
      const value = points[i * RANK + axis]!;
      points[i * RANK + axis] = points[j * RANK + axis]!;
      points[j * RANK + axis] = value;
    }
  }

  /** Squared distance of the nearest point. */
  private nearest(z: number, y: number, x: number): number {
    const { nodes, distances } = this;
    let best = this.distanceOfPoint(this.last, z, y, x);
    // What is on the stack lies nearer than the best point that was known then; the nearer child is on top.
    let top = this.push(0, 0, 0, this.count, 0);
    while (top > 0) {
      top--;
      if (distances[top]! >= best) continue;
      const [node, low, high] = [nodes[3 * top]!, nodes[3 * top + 1]!, nodes[3 * top + 2]!];
      if (high - low <= LEAF) {
        for (let i = low; i < high; i++) {
          const distance = this.distanceOfPoint(i, z, y, x);
          if (distance >= best) continue;
          best = distance;
          this.last = i;
        }
        continue;
      }
      const middle = (low + high + 1) >> 1;
      const left = this.distanceOfBox(2 * node + 1, z, y, x);
      const right = this.distanceOfBox(2 * node + 2, z, y, x);
      const isLeftNearer = left <= right;
      if (!isLeftNearer && left < best) top = this.push(top, 2 * node + 1, low, middle, left);
      if (right < best) top = this.push(top, 2 * node + 2, middle, high, right);
      if (isLeftNearer && left < best) top = this.push(top, 2 * node + 1, low, middle, left);
    }
    return best;
  }

  private push(top: number, node: number, low: number, high: number, distance: number): number {
    this.nodes[3 * top] = node;
    this.nodes[3 * top + 1] = low;
    this.nodes[3 * top + 2] = high;
    this.distances[top] = distance;
    return top + 1;
  }

  /** The axes are added from the last on, as in the distance transform: the sums are rounded alike. */
  private distanceOfPoint(point: number, z: number, y: number, x: number): number {
    const { points, spacing } = this;
    const dz = (z - points[RANK * point]!) * spacing[0];
    const dy = (y - points[RANK * point + 1]!) * spacing[1];
    const dx = (x - points[RANK * point + 2]!) * spacing[2];
    return dx * dx + dy * dy + dz * dz;
  }

  private distanceOfBox(node: number, z: number, y: number, x: number): number {
    const { boxes, spacing } = this;
    const at = 2 * RANK * node;
    const dz = outside(z, boxes[at]!, boxes[at + 1]!) * spacing[0];
    const dy = outside(y, boxes[at + 2]!, boxes[at + 3]!) * spacing[1];
    const dx = outside(x, boxes[at + 4]!, boxes[at + 5]!) * spacing[2];
    return dx * dx + dy * dy + dz * dz;
  }
}

/** How far a value lies outside of a range. */
const outside = (value: number, low: number, high: number): number =>
  value < low ? low - value : value > high ? value - high : 0;

/** The coordinates of places of a grid, three for each. */
function coordinatesOf(places: Int32Array, shape: readonly number[]): Int32Array {
  const [, height, width] = [1, 1, 1, ...shape].slice(-RANK) as [number, number, number];
  const points = new Int32Array(RANK * places.length);
  for (let i = 0; i < places.length; i++) {
    const row = Math.floor(places[i]! / width);
    const slice = Math.floor(row / height);
    points[RANK * i] = slice;
    points[RANK * i + 1] = row - slice * height;
    points[RANK * i + 2] = places[i]! - row * width;
  }
  return points;
}
