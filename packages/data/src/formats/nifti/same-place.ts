import { DataError } from '../../errors.js';
import { type Affine } from './affine.js';

/** Where the voxels of a volume are; see `readNifti`. */
export interface PlacedVolume {
  readonly shape: readonly [depth: number, height: number, width: number];
  /** Maps a voxel (x, y, z, 1) to mm. */
  readonly affine: Affine;
  /** False where the file does not say where the voxels are. */
  readonly placed: boolean;
}

/** Voxels may be off by this share of a voxel, as rounded affines are. */
const TOLERANCE = 0.1;

/**
 * Returns the values of a volume in the voxel order of another one that covers the same place: axes are turned and swapped where the
 * affines say so. Use it before two volumes are compared voxel by voxel.
 *
 * @param reference The volume whose order is wanted. @param volume The volume that holds `values`.
 * @param values One value per voxel of `volume`, width fastest.
 * @returns `values` itself if nothing has to be moved, or if one of the volumes does not say where it is.
 * @throws {DataError} `size-mismatch` if the voxels of the two do not lie on each other: other sizes, or other places.
 *
 * @example
 * ```ts
 * const affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]];
 * const mirrored = [[-1, 0, 0, 2], [0, 1, 0, 0], [0, 0, 1, 0]];
 * const shape = [1, 1, 3];
 * inOrderOf({ shape, affine, placed: true }, { shape, affine: mirrored, placed: true }, [7, 8, 9]); // → [9, 8, 7]
 * ```
 */
export function inOrderOf<T extends ArrayLike<number>>(
  reference: PlacedVolume,
  volume: PlacedVolume,
  values: T,
): T | Float64Array {
  if (!reference.placed || !volume.placed) {
    if (reference.shape.join() === volume.shape.join()) return values;
    throw new DataError(
      `wanted volumes of one size, got ${volume.shape.join('x')} and ${reference.shape.join('x')}`,
      'size-mismatch',
    );
  }
  const steps = stepsBetween(reference, volume);
  if (steps === undefined) {
    throw new DataError(
      `wanted volumes at the same place, got other affines or sizes (${volume.shape.join('x')} and ${reference.shape.join('x')}); ` +
        'resample one to the grid of the other',
      'size-mismatch',
    );
  }
  const { first, strides } = steps;
  const [depth, height, width] = reference.shape;
  const [, rows, columns] = volume.shape;
  if (first === 0 && strides[0] === 1 && strides[1] === columns && strides[2] === rows * columns)
    return values;
  const ordered = new Float64Array(depth * height * width);
  for (let z = 0, i = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      let at = first + z * strides[2] + y * strides[1];
      for (let x = 0; x < width; x++, at += strides[0]) ordered[i++] = values[at]!;
    }
  }
  return ordered;
}

/** Index of the volume's voxel at the reference's first one, and how it moves along x, y and z; undefined if voxels do not coincide. */
function stepsBetween(
  reference: PlacedVolume,
  volume: PlacedVolume,
): { first: number; strides: [number, number, number] } | undefined {
  const map = product(inverse(volume.affine), reference.affine);
  const ends = [...reference.shape].reverse().map((size) => size - 1);
  const sizes = [...volume.shape].reverse();
  const strideOf = [1, sizes[0]!, sizes[0]! * sizes[1]!];
  const rounded = map.map((row) => row.map(Math.round));
  const isTurn = [0, 1, 2].every(
    (i) =>
      rounded[i]!.slice(0, 3).filter((entry) => Math.abs(entry) === 1).length === 1 &&
      rounded[i]!.slice(0, 3).filter((entry) => entry !== 0).length === 1 &&
      [0, 1, 2].filter((row) => rounded[row]![i] !== 0).length === 1,
  );
  // All corners of the reference, and so all its voxels, must lie near whole voxels within the volume.
  const corners = Array.from({ length: 8 }, (_, corner) =>
    ends.map((end, axis) => ((corner >> axis) & 1) * end),
  );
  const coincide = corners.every((at) =>
    map.every((row, axis) => {
      const exact = row[0]! * at[0]! + row[1]! * at[1]! + row[2]! * at[2]! + row[3]!;
      const whole = rounded[axis]!;
      const place = whole[0]! * at[0]! + whole[1]! * at[1]! + whole[2]! * at[2]! + whole[3]!;
      return Math.abs(exact - place) <= TOLERANCE && place >= 0 && place < sizes[axis]!;
    }),
  );
  const voxels = (shape: readonly number[]) => shape.reduce((all, size) => all * size, 1);
  if (!isTurn || !coincide || voxels(reference.shape) !== voxels(volume.shape)) return undefined;
  const strides = [0, 1, 2].map((axis) =>
    rounded.reduce((sum, row, i) => sum + row[axis]! * strideOf[i]!, 0),
  );
  const first = rounded.reduce((sum, row, i) => sum + row[3]! * strideOf[i]!, 0);
  return { first, strides: strides as [number, number, number] };
}

type Rows = readonly (readonly number[])[];

/** The affine that undoes another: by cofactors. */
function inverse(m: Affine): Rows {
  const cofactor = (i: number, j: number) => {
    const [a, b] = [(i + 1) % 3, (i + 2) % 3];
    const [c, d] = [(j + 1) % 3, (j + 2) % 3];
    return m[a]![c]! * m[b]![d]! - m[a]![d]! * m[b]![c]!;
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j]! * cofactor(0, j), 0);
  return [0, 1, 2].map((row) => {
    const turned = [0, 1, 2].map((column) => cofactor(column, row) / determinant);
    return [...turned, -turned.reduce((sum, entry, k) => sum + entry * m[k]![3], 0)];
  });
}

function product(a: Rows, b: Affine): Rows {
  return a.map((row) =>
    [0, 1, 2, 3].map(
      (column) =>
        [0, 1, 2].reduce((sum, k) => sum + row[k]! * b[k]![column]!, 0) + (column === 3 ? row[3]! : 0),
    ),
  );
}
