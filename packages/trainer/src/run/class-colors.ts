/** Red, green and blue, 0 to 255. */
type Color = readonly [red: number, green: number, blue: number];

/**
 * Colors of the classes other than the background, in order; they repeat after the last. Readers with any color vision can tell them apart.
 *
 * @see Okabe & Ito, "Color Universal Design", 2008 (the first seven); Tol, "Colour Schemes", 2021 (muted).
 */
export const CLASS_COLORS: readonly Color[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
  [136, 34, 85],
  [68, 170, 153],
  [153, 153, 51],
  [51, 34, 136],
];

/**
 * Returns the color of a class in pictures, red, green and blue from 0 to 255; the background is black.
 *
 * @example
 * ```ts
 * [colorOf(0, 0), colorOf(1, 0)]; // → [[0, 0, 0], [230, 159, 0]]
 * ```
 */
export function colorOf(label: number, background: number | null): Color {
  if (label === background) return [0, 0, 0];
  const index = background !== null && label > background ? label - 1 : label;
  return CLASS_COLORS[index % CLASS_COLORS.length]!;
}
