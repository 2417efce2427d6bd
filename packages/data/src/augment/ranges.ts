import { type RandomStream } from '../samples/random.js';

/** The ends of a range, or a number r for -r to r. */
export type Range = number | readonly [low: number, high: number];

/** Checks a range; `within`: the least and the greatest that may be drawn. */
export function checkRange(
  transform: string,
  name: string,
  range: Range,
  [least, greatest]: readonly [number, number] = [-Infinity, Infinity],
): readonly [number, number] {
  const [low, high] = typeof range === 'number' ? [-range, range] : range;
  if (!(low <= high && low >= least && high <= greatest && Number.isFinite(low) && Number.isFinite(high))) {
    const bounds = least === -Infinity && greatest === Infinity ? '' : ` within ${least} to ${greatest}`;
    throw new RangeError(
      `${transform}: wanted ${name} to be a rising range${bounds}, got ${JSON.stringify(range)}`,
    );
  }
  return [low, high];
}

export function checkProbability(transform: string, name: string, value: number): number {
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`${transform}: wanted ${name} from 0 to 1, got ${String(value)}`);
  }
  return value;
}

export function checkPixels(transform: string, size: readonly number[]): readonly [number, number] {
  if (size.length !== 2 || !size.every((side) => Number.isInteger(side) && side > 0)) {
    throw new RangeError(`${transform}: wanted size as [height, width] in whole pixels, got [${size}]`);
  }
  return size as readonly [number, number];
}

/** Sides in whole pixels: [height, width], or [depth, height, width] of volumes. */
export type Sides =
  readonly [height: number, width: number] | readonly [depth: number, height: number, width: number];

/** As an object; without depth, volumes keep all their slices. */
export function checkSides(
  transform: string,
  size: Sides,
): { depth?: number; height: number; width: number } {
  const depth = size.length === 3 ? size[0] : undefined;
  if ((size.length !== 2 && size.length !== 3) || !size.every((side) => Number.isInteger(side) && side > 0)) {
    throw new RangeError(
      `${transform}: wanted size as [height, width] or [depth, height, width] in whole pixels, got [${size}]`,
    );
  }
  const [height, width] = size.slice(-2) as [number, number];
  return { ...(depth !== undefined && { depth }), height, width };
}

export function draw(random: RandomStream, [low, high]: readonly [number, number]): number {
  return low + random.uniform() * (high - low);
}
