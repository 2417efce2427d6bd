import { type RawPixels } from '../formats/raw-pixels.js';
import { DataError } from '../errors.js';

/** An image as values from 0 to 1. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 (gray) or 3 (red, green, blue). */
  readonly channels: number;
  readonly values: Float32Array;
}

/** A mask with the label values that its file holds. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** Label of each pixel: gray value, index into the palette, or the opacity of a shape of one color, from 0 to 255. */
  readonly values: Uint8Array | Uint16Array;
  readonly kind: 'png' | 'jpeg' | 'tiff';
  /** Whether the values may differ from those that were saved, as in JPEG. */
  readonly lossy: boolean;
}

/** The values of decoded pixels from 0 to 1; see `readImage`. */
export function imageOf(raw: RawPixels): Image {
  const { width, height } = raw;
  if (raw.indexed && raw.palette) {
    const values = new Float32Array(width * height * 3);
    const colors = new Float32Array(3 * (raw.maximum + 1)); // black beyond the palette
    raw.palette.slice(0, raw.maximum + 1).forEach((color, index) => {
      for (let c = 0; c < 3; c++) colors[3 * index + c] = color[c]! / 255;
    });
    for (let i = 0, to = 0; i < raw.values.length; i++) {
      const from = 3 * raw.values[i]!;
      values[to++] = colors[from]!;
      values[to++] = colors[from + 1]!;
      values[to++] = colors[from + 2]!;
    }
    return { width, height, channels: 3, values };
  }
  const channels = raw.channels - (raw.alpha ? 1 : 0);
  const values = new Float32Array(width * height * channels);
  const levels = levelsOf(raw.maximum);
  const skipped = raw.channels - channels;
  const { values: bytes } = raw;
  if (skipped === 0) {
    for (let i = 0; i < values.length; i++) values[i] = levels[bytes[i]!]!;
    return { width, height, channels, values };
  }
  for (let from = 0, to = 0; to < values.length; from += skipped) {
    for (let c = 0; c < channels; c++) values[to++] = levels[bytes[from++]!]!;
  }
  return { width, height, channels, values };
}

/** The value from 0 to 1 of each whole number that a file holds. */
export function levelsOf(maximum: number): Float32Array {
  return Float32Array.from({ length: maximum + 1 }, (_, value) => value / maximum);
}

/** The label values of decoded pixels. @throws {DataError} `bad-label`, see `readMask`. */
export function maskOf(path: string, raw: RawPixels): Mask {
  const { width, height, kind, lossy } = raw;
  return { width, height, kind, lossy, values: shapeOf(path, raw) ?? grayOf(path, raw) };
}

/** The one value of each pixel. */
function grayOf(path: string, raw: RawPixels): Uint8Array | Uint16Array {
  const { width, height, channels, alpha, lossy, values: stored } = raw;
  const colors = channels - (alpha ? 1 : 0);
  const pixels = width * height;
  if (channels === 1) return stored;
  const values = raw.maximum > 255 ? new Uint16Array(pixels) : new Uint8Array(pixels);
  // JPEG rounds the three channels of a gray pixel differently.
  const most = lossy ? JPEG_ROUNDING : 0;
  for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += channels) {
    const first = stored[at]!;
    values[pixel] = first;
    for (let c = at + 1; c < at + colors; c++) {
      const apart = stored[c]! - first;
      if (apart > most || apart < -most) throw holdsColors(path, pixel % width, Math.floor(pixel / width));
    }
  }
  return values;
}

const holdsColors = (path: string, x: number, y: number) =>
  new DataError(
    `cannot read labels from ${path}: it holds colors (pixel ${x}, ${y}), ` +
      'not class numbers; save the mask as a gray or palette PNG of class numbers',
    'bad-label',
  );

/** By so much the channels of a gray pixel differ in a JPEG. */
const JPEG_ROUNDING = 16;

/**
 * Of an image with transparent pixels: its opacity, 0 to 255, where all pixels have one color; undefined where opacity says
 * nothing, since it is the same everywhere or hides only zeros beside labels. Black alone, of which some is transparent, may be the
 * object or what lies around it, and is refused.
 */
function shapeOf(
  path: string,
  { width, height, channels, alpha, values, maximum }: RawPixels,
): Uint8Array | undefined {
  if (!alpha) return undefined;
  const colors = channels - 1;
  const [pixels, opacity] = [width * height, (pixel: number) => values[pixel * channels + colors]!];
  let [same, hides, oneColor] = [true, false, true];
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (opacity(pixel) !== opacity(0)) same = false;
    for (let c = 0; c < colors; c++) {
      const value = values[pixel * channels + c]!;
      if (value !== values[c]) oneColor = false;
      if (value !== 0 && opacity(pixel) < maximum) hides = true;
    }
  }
  if (same && (opacity(0) > 0 || !hides)) return undefined;
  if (oneColor && !hides) {
    throw new DataError(
      `cannot read labels from ${path}: all its pixels are black, and they differ in opacity alone; save the mask as PNG without opacity`,
      'bad-label',
    );
  }
  if (!hides) return undefined;
  if (oneColor)
    return Uint8Array.from({ length: pixels }, (_, pixel) => Math.round((255 * opacity(pixel)) / maximum));
  throw new DataError(
    `cannot read labels from ${path}: it has transparent pixels with labels below; save the mask as PNG without opacity`,
    'bad-label',
  );
}
