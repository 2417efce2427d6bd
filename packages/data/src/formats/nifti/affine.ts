/** Three rows of four: maps a voxel (x, y, z, 1) to millimeters. */
export type Affine = readonly [AffineRow, AffineRow, AffineRow];
export type AffineRow = readonly [x: number, y: number, z: number, origin: number];

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

/** A rotation by a unit quaternion (1 - b² - c² - d², b, c, d), voxel sizes, and an origin; `nifti1.h`, method 2. */
export function fromQform({
  quaternion: [b = 0, c = 0, d = 0],
  origin,
  size,
  handedness,
}: {
  quaternion: readonly number[];
  origin: readonly number[];
  size: readonly number[];
  handedness: 1 | -1;
}): Affine {
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d)); // rounding may make it negative
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
