/** Three rows of four: maps a voxel (x, y, z, 1) to millimeters. */
export type Affine = readonly [AffineRow, AffineRow, AffineRow];
export type AffineRow = readonly [x: number, y: number, z: number, origin: number];

/** Where the header says that the voxels are, in both of its ways. A code of 0: it does not say so. */
export interface NiftiForms {
  readonly qform: {
    readonly code: number;
    /** b, c and d of a unit quaternion. */
    readonly quaternion: readonly number[];
    /** Place of the first voxel, in mm. */
    readonly origin: readonly number[];
    /** Voxel sizes along x, y and z, in mm. */
    readonly size: readonly number[];
    /** -1: the third axis is turned round. */
    readonly handedness: 1 | -1;
  };
  readonly sform: { readonly code: number; readonly affine: Affine };
}

/** The affine that counts: the sform's, else the qform's, else the voxel sizes alone. */
export function affineOf({ qform, sform }: NiftiForms): Affine {
  return sform.code > 0 ? sform.affine : qform.code > 0 ? fromQform(qform) : fromPixdim(qform.size);
}

/** Rows as the file has them. */
export function fromSform(srow: readonly number[]): Affine {
  return [0, 4, 8].map((at) => srow.slice(at, at + 4)) as unknown as Affine;
}

/** Voxel sizes along the axes, and no place. */
export function fromPixdim([x, y, z]: readonly number[]): Affine {
  return [
    [x!, 0, 0, 0],
    [0, y!, 0, 0],
    [0, 0, z!, 0],
  ];
}

/**
 * A rotation by a unit quaternion (√(1 - b² - c² - d²), b, c, d), voxel sizes, and an origin; `nifti1.h`, method 2. As in nifti1_io,
 * where b² + c² + d² is 1 up to rounding, the turn is by 180 degrees and (b, c, d) is scaled to length 1: the square root would
 * make 0.0004 of an error of 1e-7.
 */
export function fromQform({
  quaternion,
  origin,
  size,
  handedness,
}: Omit<NiftiForms['qform'], 'code'>): Affine {
  const [b1 = 0, c1 = 0, d1 = 0] = quaternion;
  const square = b1 * b1 + c1 * c1 + d1 * d1;
  const rest = 1 - square;
  const half = rest < HALF_TURN;
  const a = half ? 0 : Math.sqrt(rest);
  const [b, c, d] = [b1, c1, d1].map((x) => (half ? x / Math.sqrt(square) : x)) as [number, number, number];
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  return rotation.map(([x, y, z], i) => [
    x! * size[0]!,
    y! * size[1]!,
    z! * size[2]! * handedness,
    origin[i]!,
  ]) as unknown as Affine;
}

/** Of 1 - b² - c² - d²: below this the turn is one of 180 degrees. */
const HALF_TURN = 1e-7;

/** Lengths of a step along depth, height and width. */
export function spacingOf(affine: Affine): [depth: number, height: number, width: number] {
  const length = (axis: 0 | 1 | 2) => Math.hypot(...affine.map((row) => row[axis]));
  return [length(2), length(1), length(0)];
}

/** The largest distance in mm between the places that two affines give to the corners of a volume. */
export function distanceOf(
  a: Affine,
  b: Affine,
  [depth, height, width]: readonly [number, number, number],
): number {
  let farthest = 0;
  for (const x of [0, width - 1]) {
    for (const y of [0, height - 1]) {
      for (const z of [0, depth - 1]) {
        const at = ([u, v, w, origin]: AffineRow) => u * x + v * y + w * z + origin;
        farthest = Math.max(farthest, Math.hypot(...a.map((row, i) => at(row) - at(b[i]!))));
      }
    }
  }
  return farthest;
}
