type Color = readonly [red: number, green: number, blue: number];

/**
 * Colors of the classes but the background, told apart by color-blind readers too; after the last the first comes again.
 *
 * @see Okabe & Ito, "Color Universal Design", 2008.
 */
const COLORS: readonly Color[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
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
  return COLORS[index % COLORS.length]!;
}
