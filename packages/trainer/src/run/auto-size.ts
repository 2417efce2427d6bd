/** Pixels of an image at most, unless the user asks for more. */
const MOST_PIXELS = 128 * 128;

/** Sides are multiples of it, which networks with up to four halvings can take. */
const STEP = 16;

/**
 * Returns the size to which images are resized where the user names none: the median height and width, scaled down to at most about 128 x 128
 * pixels with the same aspect ratio, each side rounded to a multiple of 16.
 *
 * @param sizes Height and width of images; at least one.
 */
export function autoSize(sizes: readonly (readonly [height: number, width: number])[]): [number, number] {
  const sides = [0, 1].map((axis) => median(sizes.map((size) => size[axis]!))) as [number, number];
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (sides[0] * sides[1])));
  return sides.map((side) => Math.max(STEP, STEP * Math.round((scale * side) / STEP))) as [number, number];
}

/** The lower one of the two in the middle. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}
