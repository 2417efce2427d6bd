import { forEachRun, Tally } from '@segloss/common';

import { type RawPixels } from '../formats/raw-pixels.js';
import { type Mask } from './pixels.js';

/** What a mask holds, as far as the label rule of a data set depends on it; plain data. */
export interface MaskFacts {
  /** [height, width] or [depth, height, width]. */
  readonly shape: readonly number[];
  /** Values, rising, with their pixels. */
  readonly values: readonly (readonly [value: number, pixels: number])[];
  /** Whether the values may differ from those that were saved, as in JPEG. */
  readonly lossy: boolean;
  /** Colors of the indices that are used, as `#rrggbb`, and a name of the palette as a whole. */
  readonly palette?: { readonly name: string; readonly colors: Readonly<Record<number, string>> };
}

/** What the mask of decoded pixels holds. @param values Its values, as {@link countsOf} gives them, if they were counted. */
export function factsOfPixels(
  { indexed, palette }: Pick<RawPixels, 'indexed' | 'palette'>,
  { height, width, values: pixels, lossy }: Mask,
  values: MaskFacts['values'] = countsOf(pixels),
): MaskFacts {
  return {
    shape: [height, width],
    values,
    lossy,
    ...(indexed && palette && { palette: paletteOf(palette, values) }),
  };
}

/** Values, rising, with how many there are of each. */
export function countsOf(pixels: ArrayLike<number>): [number, number][] {
  const tally = new Tally();
  forEachRun(pixels, pixels, (value, _, start, end) => tally.add(value, end - start));
  return tally.entries();
}

function paletteOf(
  palette: readonly (readonly number[])[],
  values: readonly (readonly [number, number])[],
): NonNullable<MaskFacts['palette']> {
  const text = (color: readonly number[] = []) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`; // prettier-ignore
  const name = shortName(palette.map(text).join());
  return { name, colors: Object.fromEntries(values.map(([index]) => [index, text(palette[index])])) };
}

/** A short name of a text (FNV-1a, 64 bits). */
function shortName(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0)!)) * 0x100000001b3n);
  }
  return hash.toString(16);
}
