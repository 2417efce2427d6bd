import { asVolume, checkShape } from './grid.js';

/**
 * Thins a mask by deleting, in eight interleaved subfields in turn, the pixels whose deletion leaves the Euler characteristic as it is; ends
 * of lines stay. It is the topological skeleton that the authors of cbDice use; `skeleton` is the better skeleton for other uses.
 *
 * The mask is connected at corners, what is outside only by sides. In 3-D a deletion may make a hole and join two parts at once, which the
 * Euler characteristic does not show.
 *
 * @param mask Values in row-major order; everything but 0 belongs to the mask. Beyond the image is outside.
 * @param shape `[height, width]` or `[depth, height, width]`.
 * @param iterations How many rounds of the eight subfields, at least half the largest width in pixels; 0 returns the mask.
 * @returns 1 on the skeleton, else 0.
 * @throws {RangeError} If the shape does not have two or three axes, or does not fit, or `iterations` is no integer of at least 0.
 *
 * @example
 * ```ts
 * const bar = new Uint8Array(15).fill(1); // 3 x 5
 * Array.from(eulerSkeleton(bar, [3, 5])); // → [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]
 * ```
 *
 * @see M. Menten et al., "A skeletonization algorithm for gradient-based optimization", ICCV 2023, arXiv:2309.02527, §3; S. Lobregt et al.,
 *   "Three-dimensional skeletonization: principle and algorithm", IEEE TPAMI 1980, for the Euler characteristic.
 */
export function eulerSkeleton(mask: ArrayLike<number>, shape: readonly number[], iterations = 5): Uint8Array {
  if (shape.length !== 2 && shape.length !== 3)
    throw new RangeError(`eulerSkeleton: wanted a shape of 2 or 3 axes, got [${shape}]`);
  if (!Number.isInteger(iterations) || iterations < 0)
    throw new RangeError(
      `eulerSkeleton: wanted iterations to be an integer of at least 0, got ${iterations}`,
    );
  checkShape('eulerSkeleton', mask.length, shape);
  const [depth, height, width] = asVolume('eulerSkeleton', shape);
  const [rows, columns] = [height + 2, width + 2];
  const framed = new Uint8Array((depth + 2) * rows * columns);
  const inside = Int32Array.from({ length: mask.length }, (_, i) => {
    const [z, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return ((z + 1) * rows + y + 1) * columns + x + 1;
  });
  inside.forEach((at, i) => (framed[at] = mask[i] ? 1 : 0));
  thin(framed, [rows * columns, columns, 1], subfieldsOf(inside, [depth, height, width]), iterations);
  return Uint8Array.from(inside, (at) => framed[at]!);
}

/** The places of each of the eight subfields, of which no two voxels touch. Odd indices come first; the first axis alternates fastest. */
function subfieldsOf(places: Int32Array, [, height, width]: readonly [number, number, number]): number[][] {
  const subfields: number[][] = Array.from({ length: 8 }, () => []);
  places.forEach((place, i) => {
    const [z, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    subfields[((z + 1) % 2) + 2 * ((y + 1) % 2) + 4 * ((x + 1) % 2)]!.push(place);
  });
  return subfields;
}

type Steps = readonly [slice: number, row: number, column: number];

function thin(
  image: Uint8Array,
  strides: Steps,
  subfields: readonly (readonly number[])[],
  iterations: number,
): void {
  const steps = OFFSETS.map(([z, y, x]) => z * strides[0] + y * strides[1] + x * strides[2]);
  const cells = OFFSETS.map((corner) => ({
    steps: OFFSETS.flatMap((offset, k) => (isWithin(offset, corner) ? [steps[k]!] : [])),
    sign: (-1) ** dimensionOf(corner),
  }));
  const isEnd = new Uint8Array(image.length);
  /** How the Euler characteristic of the outside changes if the voxel joins it: by a vertex, and by every cell that it completes. */
  const change = (i: number): number =>
    cells.reduce((sum, cell) => (cell.steps.every((step) => !image[i + step]) ? sum + cell.sign : sum), 1);
  for (let round = 0; round < iterations; round++) {
    let isStable = true;
    for (const i of subfields.flat()) {
      let neighbors = 0;
      for (const step of steps) neighbors += image[i + step]!;
      isEnd[i] = neighbors <= 1 ? 1 : 0;
    }
    for (const subfield of subfields) {
      for (const i of subfield) {
        if (!image[i] || isEnd[i] || change(i) !== 0) continue;
        image[i] = 0;
        isStable = false;
      }
    }
    if (isStable) return;
  }
}

type Offset = readonly [z: number, y: number, x: number];

/** The 26 neighbors: by a face (one axis), by an edge (two) or at a corner (three). */
const OFFSETS: readonly Offset[] = Array.from(
  { length: 27 },
  (_, k) => [Math.floor(k / 9) - 1, (Math.floor(k / 3) % 3) - 1, (k % 3) - 1] as const,
).filter((offset) => dimensionOf(offset) > 0);

/** Axes along which a neighbor lies: the dimension of the cell between it and the voxel. */
function dimensionOf(offset: Offset): number {
  return offset.filter((step) => step !== 0).length;
}

/** Whether a neighbor belongs to the cell (edge, square or cube) between the voxel and a corner. */
function isWithin(offset: Offset, corner: Offset): boolean {
  return offset.every((step, axis) => step === 0 || step === corner[axis]);
}
