import { decodeFile, type RawPixels } from '../formats/decode.js';
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
  /** Label of each pixel: gray value, or index into the palette. */
  readonly values: Uint8Array | Uint16Array;
  readonly kind: 'png' | 'jpeg' | 'tiff';
  /** Whether the values may differ from those that were saved, as in JPEG. */
  readonly lossy: boolean;
}

/**
 * Reads a PNG, JPEG or TIFF image; opacity is dropped, palettes become colours.
 *
 * @throws {DataError} If the file cannot be read; the message names it and the cause.
 *
 * @example
 * ```ts
 * await readImage('no-such-file.png').catch((error) => error.code); // → "unreadable"
 * ```
 */
export async function readImage(path: string): Promise<Image> {
  const raw = await decodeFile(path);
  const { width, height } = raw;
  if (raw.indexed && raw.palette) {
    const values = new Float32Array(width * height * 3);
    raw.values.forEach((index, i) =>
      values.set(
        (raw.palette![index] ?? [0, 0, 0]).map((v) => v / 255),
        3 * i,
      ),
    );
    return { width, height, channels: 3, values };
  }
  const channels = raw.channels - (raw.alpha ? 1 : 0);
  const values = new Float32Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < channels; c++) {
      values[pixel * channels + c] = raw.values[pixel * raw.channels + c]! / raw.maximum;
    }
  }
  return { width, height, channels, values };
}

/**
 * Reads a mask and keeps its label values exactly: 1 to 16-bit gray and palette PNG or TIFF, gray stored as RGB. A JPEG mask has
 * no exact labels and is read only where a layout thresholds it.
 *
 * @param options `allowJpeg`: give the gray values of a JPEG file; default false.
 * @throws {DataError} If the file cannot be read or holds colours instead of labels.
 *
 * @example
 * ```ts
 * await readMask('no-such-file.png').catch((error) => error.message.startsWith('cannot read no-such-file.png')); // → true
 * ```
 */
export async function readMask(path: string, { allowJpeg = false } = {}): Promise<Mask> {
  const raw = await decodeFile(path);
  if (raw.lossy && !allowJpeg) {
    throw new DataError(
      `cannot read labels from ${path}: JPEG changes label values; save masks as PNG`,
      'unreadable',
    );
  }
  return {
    width: raw.width,
    height: raw.height,
    kind: raw.kind,
    lossy: raw.lossy,
    values: labelsOf(path, raw),
  };
}

function labelsOf(path: string, raw: RawPixels): Uint8Array | Uint16Array {
  const { width, height, channels, alpha, lossy } = raw;
  const colours = channels - (alpha ? 1 : 0);
  const pixels = width * height;
  const values = raw.maximum > 255 ? new Uint16Array(pixels) : new Uint8Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const first = raw.values[pixel * channels]!;
    values[pixel] = first;
    for (let c = 1; c < colours; c++) {
      // JPEG rounds the three channels of a gray pixel differently.
      if (!lossy && raw.values[pixel * channels + c] !== first) {
        throw new DataError(
          `cannot read labels from ${path}: it holds colours (pixel ${pixel % width}, ${Math.floor(pixel / width)}), ` +
            'not class numbers; save the mask as a gray or palette PNG of class numbers',
          'bad-label',
        );
      }
    }
  }
  return values;
}
