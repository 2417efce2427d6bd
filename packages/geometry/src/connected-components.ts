import { asVolume, checkConnectivity, checkShape, type Connectivity } from './grid.js';

/** The connected components of a mask. */
export interface Components {
  /** Number of components. */
  readonly count: number;
  /** Component of each pixel: 1 to `count` in the order of their first pixels, row by row; 0 outside the mask. */
  readonly labels: Int32Array;
  /** Pixels of each component by its label; `sizes[0]` is the number of pixels outside the mask. */
  readonly sizes: Int32Array;
}

/**
 * Labels the connected components of a mask: linear time, and beside the result at most 2 bytes per pixel of working memory.
 *
 * @param mask Values in row-major order; everything but 0 belongs to the mask. @param shape `[height, width]` or
 *   `[depth, height, width]`.
 * @param options `connectivity`: 4 or 8 (default) in 2-D; 6, 18 or 26 (default) in 3-D.
 * @throws {RangeError} If the shape does not fit the mask, or the connectivity does not fit the shape.
 *
 * @example
 * ```ts
 * const mask = [1, 0, 0, 0, 1, 0, 0, 0, 1];
 * connectedComponents(mask, [3, 3]).count; // → 1
 * const { count, labels, sizes } = connectedComponents(mask, [3, 3], { connectivity: 4 });
 * [count, Array.from(labels), Array.from(sizes)]; // → [3, [1, 0, 0, 0, 2, 0, 0, 0, 3], [6, 1, 1, 1]]
 * ```
 *
 * @see L. He, Y. Chao, K. Suzuki, "A run-based two-scan labeling algorithm", IEEE TIP 2008.
 */
export function connectedComponents(
  mask: ArrayLike<number>,
  shape: readonly number[],
  { connectivity = shape.length === 3 ? 26 : 8 }: { connectivity?: Connectivity } = {},
): Components {
  const name = 'connectedComponents';
  const [depth, height, width] = asVolume(name, shape);
  checkShape(name, mask.length, shape);
  checkConnectivity(name, connectivity, shape);
  const runs = new RunForest();
  const rows = reaches(connectivity);
  let [before, current] = [new Slice(height), new Slice(height)];
  for (let z = 0; z < depth; z++) {
    [before, current] = [current, before];
    current.clear();
    for (let y = 0; y < height; y++) {
      current.addRow(mask, (z * height + y) * width, width, runs);
      for (const { dz, dy, reach } of rows) {
        const [slice, row] = [dz === 0 ? current : before, y + dy];
        if ((dz < 0 && z === 0) || row < 0 || row >= height) continue;
        joinRows(runs, current, y, slice, row, reach);
      }
    }
  }
  const count = runs.number();
  return { count, ...paint(mask, width, count, runs.parent) };
}

/** An earlier row whose runs touch those of a row, where they overlap or come within `reach` columns. */
interface Reach {
  readonly dz: number;
  readonly dy: number;
  readonly reach: number;
}

function reaches(connectivity: Connectivity): Reach[] {
  const diagonal = connectivity === 8 || connectivity >= 18 ? 1 : 0;
  const edges = [
    { dz: 0, dy: -1, reach: diagonal },
    { dz: -1, dy: 0, reach: diagonal },
  ];
  if (connectivity < 18) return edges;
  const corner = connectivity === 26 ? 1 : 0;
  return [...edges, { dz: -1, dy: -1, reach: corner }, { dz: -1, dy: 1, reach: corner }];
}

/** Sets of runs, which are numbered in the order in which they are met; the first run of a set is its root. */
class RunForest {
  parent = new Int32Array(1024);
  count = 0;

  add(): void {
    if (this.count === this.parent.length) this.parent = grown(this.parent);
    this.parent[this.count] = this.count;
    this.count++;
  }

  root(run: number): number {
    const { parent } = this;
    while (parent[run] !== run) run = parent[run] = parent[parent[run]!]!;
    return run;
  }

  join(a: number, b: number): void {
    const [rootA, rootB] = [this.root(a), this.root(b)];
    if (rootA < rootB) this.parent[rootB] = rootA;
    else if (rootB < rootA) this.parent[rootA] = rootB;
  }

  /** Replaces parents by labels from 1 on; a parent always comes before its children. */
  number(): number {
    let labels = 0;
    for (let run = 0; run < this.count; run++) {
      const parent = this.parent[run]!;
      this.parent[run] = parent === run ? ++labels : this.parent[parent]!;
    }
    return labels;
  }
}

/** The runs of one slice, row by row; their numbers follow one another. */
class Slice {
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** Index of the first run of each row. */
  readonly rows: Int32Array;
  /** Number of the slice's first run. */
  first = 0;
  count = 0;
  private filled = 0;

  constructor(height: number) {
    this.rows = new Int32Array(height + 1);
  }

  clear(): void {
    this.count = this.filled = 0;
  }

  addRow(mask: ArrayLike<number>, start: number, width: number, runs: RunForest): void {
    if (this.filled === 0) this.first = runs.count;
    for (let x = 0; x < width; x++) {
      if (!mask[start + x]) continue;
      const from = x;
      while (x < width && mask[start + x]) x++;
      if (this.count === this.starts.length) {
        this.starts = grown(this.starts);
        this.ends = grown(this.ends);
      }
      this.starts[this.count] = from;
      this.ends[this.count++] = x;
      runs.add();
    }
    this.rows[++this.filled] = this.count;
  }
}

/** Joins the runs of one row with those of an earlier row that they touch. */
function joinRows(
  runs: RunForest,
  slice: Slice,
  row: number,
  other: Slice,
  otherRow: number,
  reach: number,
): void {
  const [end, otherEnd] = [slice.rows[row + 1]!, other.rows[otherRow + 1]!];
  let [i, j] = [slice.rows[row]!, other.rows[otherRow]!];
  while (i < end && j < otherEnd) {
    const [to, otherTo] = [slice.ends[i]!, other.ends[j]!];
    if (other.starts[j]! < to + reach && slice.starts[i]! < otherTo + reach) {
      runs.join(slice.first + i, other.first + j);
    }
    if (to < otherTo) i++;
    else j++;
  }
}

/** Writes the labels of the runs, which come in the order of the first scan. */
function paint(mask: ArrayLike<number>, width: number, count: number, labelOf: Int32Array) {
  const labels = new Int32Array(mask.length);
  const sizes = new Int32Array(count + 1);
  let [run, inside] = [0, 0];
  for (let start = 0; start < labels.length; start += width) {
    for (let x = 0; x < width; x++) {
      if (!mask[start + x]) continue;
      const label = labelOf[run++]!;
      const from = x;
      while (x < width && mask[start + x]) labels[start + x++] = label;
      sizes[label]! += x - from;
      inside += x - from;
    }
  }
  sizes[0] = labels.length - inside;
  return { labels, sizes };
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
