/** Length of a pixel along each axis. Default 1. */
export type Spacing = readonly number[];

/** Which pixels touch: 4 or 8 neighbors in 2-D; 6, 18 or 26 in 3-D. */
export type Connectivity = 4 | 8 | 6 | 18 | 26;

/**
 * Throws unless the shape has `length` pixels and the spacing is positive.
 *
 * @param name What the error says first: the calling function.
 *
 * @example
 * ```ts
 * checkShape('crop', 6, [2, 3]); // → undefined, where checkShape('crop', 5, [2, 3]) throws
 * ```
 */
export function checkShape(
  name: string,
  length: number,
  shape: readonly number[],
  spacing: Spacing = shape.map(() => 1),
): void {
  const pixels = shape.reduce((product, size) => product * size, 1);
  if (pixels !== length || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new RangeError(`${name}: wanted ${pixels} values for shape [${shape}], got ${length}`);
  }
  if (spacing.length !== shape.length || !spacing.every((step) => step > 0 && Number.isFinite(step))) {
    throw new RangeError(`${name}: wanted ${shape.length} positive numbers as spacing, got [${spacing}]`);
  }
}

/** Sizes of a grid of one to three axes as a volume; missing axes have size 1. Throws for any other number of axes. */
export function asVolume(
  name: string,
  shape: readonly number[],
): readonly [depth: number, height: number, width: number] {
  if (shape.length < 1 || shape.length > 3) {
    throw new RangeError(`${name}: wanted a shape of 1 to 3 axes, got [${shape}]`);
  }
  const [width, height = 1, depth = 1] = [...shape].reverse();
  return [depth, height, width!];
}

/** Throws unless the connectivity is one of the number of axes. */
export function checkConnectivity(name: string, connectivity: number, shape: readonly number[]): void {
  const known = shape.length === 3 ? [6, 18, 26] : [4, 8];
  if (known.includes(connectivity)) return;
  throw new RangeError(
    `${name}: wanted connectivity ${known.join(' or ')} in ${shape.length}-D, got ${String(connectivity)}`,
  );
}
