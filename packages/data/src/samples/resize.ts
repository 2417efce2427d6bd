import { type Sample } from './sample.js';
import { shrink } from './shrink.js';
import { weightsFor, type Taps } from './taps.js';

/** Area averages where an image shrinks, bilinear interpolation where it grows; see `resizeSample`. */
export function resizeImage(
  { height, width, channels, image }: Pick<Sample, 'height' | 'width' | 'channels' | 'image'>,
  toHeight: number,
  toWidth: number,
): Float32Array {
  const small = shrink({ height, width, channels, step: channels, values: image }, toHeight, toWidth);
  if (small !== undefined) return small;
  const wide = resizeRows(image, height, width, channels, weightsFor(width, toWidth));
  return resizeColumns(wide, toWidth * channels, weightsFor(height, toHeight));
}

/** The mask of the nearest pixels; see `resizeSample`. */
export function resizeMask(
  { height, width, mask, labels = 1 }: Pick<Sample, 'height' | 'width' | 'mask' | 'labels'>,
  toHeight: number,
  toWidth: number,
): Uint8Array {
  const result = new Uint8Array(toHeight * toWidth * labels);
  const columns = Int32Array.from({ length: toWidth }, (_, x) => Math.floor(((x + 0.5) * width) / toWidth));
  for (let y = 0; y < toHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / toHeight) * width;
    for (let x = 0; x < toWidth; x++) {
      const from = (row + columns[x]!) * labels;
      for (let k = 0; k < labels; k++) result[(y * toWidth + x) * labels + k] = mask[from + k]!;
    }
  }
  return result;
}

function resizeRows(
  image: Float32Array,
  height: number,
  width: number,
  channels: number,
  taps: Taps,
): Float32Array {
  const result = new Float32Array(height * taps.length * channels);
  const rowLength = width * channels;
  for (let y = 0, to = 0; y < height; y++) {
    for (const { start, weights } of taps) {
      const first = y * rowLength + start * channels;
      if (channels === 3) {
        let [red, green, blue] = [0, 0, 0];
        for (let k = 0, from = first; k < weights.length; k++, from += 3) {
          const weight = weights[k]!;
          red += weight * image[from]!;
          green += weight * image[from + 1]!;
          blue += weight * image[from + 2]!;
        }
        result[to++] = red;
        result[to++] = green;
        result[to++] = blue;
        continue;
      }
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        for (let k = 0, from = first + c; k < weights.length; k++, from += channels)
          sum += weights[k]! * image[from]!;
        result[to] = sum;
      }
    }
  }
  return result;
}

function resizeColumns(image: Float32Array, rowLength: number, taps: Taps): Float32Array {
  const result = new Float32Array(taps.length * rowLength);
  const sums = new Float64Array(rowLength);
  taps.forEach(({ start, weights }, y) => {
    sums.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      const row = image.subarray((start + k) * rowLength, (start + k + 1) * rowLength);
      for (let i = 0; i < rowLength; i++) sums[i]! += weight * row[i]!;
    }
    result.set(sums, y * rowLength);
  });
  return result;
}
