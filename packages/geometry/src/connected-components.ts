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
 * Labels the connected components of a mask, in linear time. Working memory is 12 bytes for each run of pixels in a row.
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
  const bytes = toBytes(mask);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const runs = new Runs();
  const reaches = reachesOf(connectivity);
  // Index of the first run of each row, of this slice and of the one before.
  let [rows, rowsBefore] = [new Int32Array(height + 1), new Int32Array(height + 1)];
  for (let z = 0; z < depth; z++) {
    [rows, rowsBefore] = [rowsBefore, rows];
    rows[0] = runs.count;
    for (let y = 0; y < height; y++) {
      const row = (z * height + y) * width;
      addRow(runs, bytes, words, row, row + width);
      rows[y + 1] = runs.count;
      for (const { dz, dy, reach } of reaches) {
        if ((dz < 0 && z === 0) || y + dy < 0 || y + dy >= height) continue;
        const other = dz === 0 ? rows : rowsBefore;
        const shift = -(dz * height + dy) * width;
        joinRows(runs, rows[y]!, rows[y + 1]!, other[y + dy]!, other[y + dy + 1]!, shift, reach);
      }
    }
  }
  const count = runs.number();
  return { count, ...paint(runs, count, bytes.length) };
}

/** An earlier row whose runs touch those of a row, where they overlap or come within `reach` columns. */
interface Reach {
  readonly dz: number;
  readonly dy: number;
  readonly reach: number;
}

function reachesOf(connectivity: Connectivity): Reach[] {
  const diagonal = connectivity === 8 || connectivity >= 18 ? 1 : 0;
  const edges = [
    { dz: 0, dy: -1, reach: diagonal },
    { dz: -1, dy: 0, reach: diagonal },
  ];
  if (connectivity < 18) return edges;
  const corner = connectivity === 26 ? 1 : 0;
  return [...edges, { dz: -1, dy: -1, reach: corner }, { dz: -1, dy: 1, reach: corner }];
}

/** Runs of pixels in rows, numbered in raster order, and the sets that they form; the first run of a set is its root. */
class Runs {
  /** Index of the first pixel of each run, and of the pixel after its last. */
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  parents = new Int32Array(1024);
  count = 0;

  add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
      this.parents = grown(this.parents);
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.parents[this.count] = this.count++;
  }

  root(run: number): number {
    const { parents } = this;
    while (parents[run] !== run) run = parents[run] = parents[parents[run]!]!;
    return run;
  }

  join(a: number, b: number): void {
    const [rootA, rootB] = [this.root(a), this.root(b)];
    if (rootA < rootB) this.parents[rootB] = rootA;
    else if (rootB < rootA) this.parents[rootA] = rootB;
  }

  /** Replaces parents by labels from 1 on; a parent always comes before its children. */
  number(): number {
    const { parents } = this;
    let labels = 0;
    for (let run = 0; run < this.count; run++) {
      const parent = parents[run]!;
      parents[run] = parent === run ? ++labels : parents[parent]!;
    }
    return labels;
  }
}

/** Adds the runs between two pixels of one row. Four pixels at once are skipped where all are alike. */
function addRow(runs: Runs, bytes: Uint8Array, words: Int32Array, from: number, to: number): void {
  let i = from;
  while (i < to) {
    while (i < to && bytes[i] === 0) {
      if ((i & 3) === 0) while (i + 4 <= to && words[i >> 2] === 0) i += 4;
      if (i < to && bytes[i] === 0) i++;
    }
    if (i >= to) return;
    const start = i;
    while (i < to && bytes[i] !== 0) {
      if ((i & 3) === 0) while (i + 4 <= to && hasNoZero(words[i >> 2]!)) i += 4;
      if (i < to && bytes[i] !== 0) i++;
    }
    runs.add(start, i);
  }
}

/** Whether none of the four bytes is 0: subtracting 1 from each borrows from the high bit only of a 0. */
function hasNoZero(word: number): boolean {
  return ((word - 0x01010101) & ~word & 0x80808080) === 0;
}

/** Joins runs of one row with the runs of an earlier row that they touch, whose pixels lie `shift` before. */
function joinRows(
  runs: Runs,
  first: number,
  end: number,
  otherFirst: number,
  otherEnd: number,
  shift: number,
  reach: number,
): void {
  const { starts, ends } = runs;
  let [i, j] = [first, otherFirst];
  while (i < end && j < otherEnd) {
    const [to, otherTo] = [ends[i]!, ends[j]! + shift];
    if (starts[j]! + shift < to + reach && starts[i]! < otherTo + reach) runs.join(i, j);
    if (to < otherTo) i++;
    else j++;
  }
}

function paint({ starts, ends, parents, count: runs }: Runs, count: number, pixels: number) {
  const labels = new Int32Array(pixels);
  const sizes = new Int32Array(count + 1);
  sizes[0] = pixels;
  for (let run = 0; run < runs; run++) {
    const [label, start, end] = [parents[run]!, starts[run]!, ends[run]!];
    for (let i = start; i < end; i++) labels[i] = label;
    sizes[label]! += end - start;
    sizes[0]! -= end - start;
  }
  return { labels, sizes };
}

/** The mask as bytes that can be read four at once; a copy where it is anything else. */
function toBytes(mask: ArrayLike<number>): Uint8Array {
  const isBytes = mask instanceof Uint8Array || mask instanceof Uint8ClampedArray;
  if (isBytes && mask.byteOffset % 4 === 0) return mask as Uint8Array;
  return Uint8Array.from(mask, (value) => (value ? 1 : 0));
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
