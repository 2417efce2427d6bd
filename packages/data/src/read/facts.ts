import { type RawPixels } from '../formats/raw-pixels.js';
import { maskOf } from './pixels.js';

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

/** What the mask of decoded pixels holds. @throws {DataError} `bad-label`, see `readMask`. */
export function factsOfPixels(path: string, raw: RawPixels): MaskFacts {
  const { height, width, values: pixels, lossy } = maskOf(path, raw);
  const values = countsOf(pixels);
  const { indexed, palette } = raw;
  return {
    shape: [height, width],
    values,
    lossy,
    ...(indexed && palette && { palette: paletteOf(palette, values) }),
  };
}

/** Values, rising, with how many there are of each. */
export function countsOf(pixels: ArrayLike<number>): [number, number][] {
  const small = new Float64Array(256);
  const other = new Map<number, number>();
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value >= 0 && value < 256 && Number.isInteger(value)) small[value]!++;
    else other.set(value, (other.get(value) ?? 0) + 1);
  }
  const counted = [...small.entries()].filter(([, count]) => count > 0);
  return [...counted, ...other].sort(([a], [b]) => a - b);
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
