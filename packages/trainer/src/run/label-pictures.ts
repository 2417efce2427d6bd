import { type Sample } from '@segloss/data';
import CRC32 from 'crc-32';
import { encode } from 'fast-png';

import { colorOf } from './class-colors.js';

/** Share of a class's color in the pixels of its region; its border has the color alone. */
const TINT = 0.4;

/**
 * Returns an image in RGB with its predicted regions in color, as a PNG. Values of the image are from 0 to 1; values of other channels than the first are left out
 * unless there are three.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 1, height: 1, channels: 1, image: Float32Array.of(0.5), mask: Uint8Array.of(0) };
 * overlayPng(sample, sample.mask, 0).subarray(1, 4).toString(); // → "80,78,71"
 * ```
 */
export function overlayPng(sample: Sample, labels: Uint8Array, background: number | null): Uint8Array {
  const { width, height, channels, image } = sample;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const label = labels[pixel]!;
      const neighbors = [x > 0 ? pixel - 1 : pixel, x + 1 < width ? pixel + 1 : pixel, y > 0 ? pixel - width : pixel, y + 1 < height ? pixel + width : pixel]; // prettier-ignore
      const border = neighbors.some((other) => labels[other] !== label);
      const tint = label === background ? 0 : border ? 1 : TINT;
      const color = colorOf(label, background);
      for (let c = 0; c < 3; c++) {
        const value = Math.min(1, Math.max(0, image[pixel * channels + (channels === 3 ? c : 0)]!));
        data[pixel * 3 + c] = Math.round((1 - tint) * 255 * value + tint * color[c]!);
      }
    }
  }
  return encode({ width, height, data, channels: 3, depth: 8 });
}

/** Bytes before the first chunk after the header of a PNG, and the place of its color type. */
const [AFTER_HEADER, COLOR_TYPE] = [33, 25];
const [HEADER_CHUNK, INDEXED] = [12, 3];

/**
 * Labels as a PNG whose pixels are the class indices and whose palette has their colors: viewers show colors, and programs that keep palettes read the
 * indices.
 */
export function palettePng(
  { width, height }: Pick<Sample, 'width' | 'height'>,
  labels: Uint8Array,
  classes: number,
  background: number | null,
): Uint8Array {
  const gray = Buffer.from(encode({ width, height, data: labels, channels: 1, depth: 8 }));
  const header = Buffer.from(gray.subarray(0, AFTER_HEADER));
  header[COLOR_TYPE] = INDEXED;
  header.writeInt32BE(CRC32.buf(header.subarray(HEADER_CHUNK, AFTER_HEADER - 4)), AFTER_HEADER - 4);
  const colors = Array.from({ length: classes }, (_, label) => colorOf(label, background)).flat();
  const palette = Buffer.alloc(12 + colors.length);
  palette.writeUInt32BE(colors.length, 0);
  palette.write('PLTE', 4, 'latin1');
  palette.set(colors, 8);
  palette.writeInt32BE(CRC32.buf(palette.subarray(4, 8 + colors.length)), 8 + colors.length);
  return Buffer.concat([header, palette, gray.subarray(AFTER_HEADER)]);
}
