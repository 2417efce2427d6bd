import { IGNORED, type Sample } from '../types.js';
import { type Beyond, type Point, type Warp } from './types.js';

/**
 * The image by bilinear interpolation between pixel centers and the mask by the nearest pixel, both at the same places:
 * so a mask never gets a label that it had not, but the one of what lies beyond.
 */
export function resample(
  sample: Sample,
  { height, width, toSource }: Warp,
  { image: outside = 0, label = IGNORED }: Beyond,
): Sample {
  const { channels } = sample;
  const image = new Float32Array(height * width * channels);
  const mask = new Uint8Array(height * width);
  const point: Point = { x: 0, y: 0 };
  const [lastX, lastY] = [sample.width - 1, sample.height - 1];
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      point.x = x + 0.5;
      point.y = y + 0.5;
      toSource(point);
      if (!(point.x >= 0 && point.x < sample.width && point.y >= 0 && point.y < sample.height)) {
        mask[to] = label;
        image.fill(outside, to * channels, (to + 1) * channels);
        continue;
      }
      mask[to] = sample.mask[Math.floor(point.y) * sample.width + Math.floor(point.x)]!;
      // Half a pixel at the edge has a center on one side only.
      const [u, v] = [clamp(point.x - 0.5, lastX), clamp(point.y - 0.5, lastY)];
      const [left, top] = [Math.min(Math.floor(u), lastX), Math.min(Math.floor(v), lastY)];
      const [fx, fy] = [u - left, v - top];
      const right = Math.min(left + 1, lastX);
      const bottom = Math.min(top + 1, lastY);
      for (let c = 0; c < channels; c++) {
        const value = (row: number, column: number) =>
          sample.image[(row * sample.width + column) * channels + c]!;
        const above = value(top, left) * (1 - fx) + value(top, right) * fx;
        const below = value(bottom, left) * (1 - fx) + value(bottom, right) * fx;
        image[to * channels + c] = above * (1 - fy) + below * fy;
      }
    }
  }
  return { ...sample, height, width, image, mask };
}

/** One warp that does what the two do in this order, with one interpolation. */
export function chain(first: Warp | undefined, second: Warp): Warp {
  if (first === undefined) return second;
  return {
    height: second.height,
    width: second.width,
    toSource(point) {
      second.toSource(point);
      first.toSource(point);
    },
  };
}

function clamp(value: number, last: number): number {
  return value < 0 ? 0 : value > last ? last : value;
}
