import { type Sample } from '../samples/sample.js';
import { type RowOfPoints } from './types.js';

/** Writes the values of a row from `to` on, at its places; where `pixels` is negative nothing is written. */
type Interpolate = (
  sample: Sample,
  row: RowOfPoints,
  pixels: Int32Array,
  image: Float32Array,
  to: number,
) => void;

/** Linear interpolation between the centers of pixels. Half a pixel at the edge has a center on one side only. */
export function interpolatorOf({ depth, channels }: Sample): Interpolate {
  if (depth !== undefined) return interpolateVolume;
  return channels === 3 ? interpolateColors : interpolatePlane;
}

/** Of three channels, with whole numbers for places: twice as fast as what follows. */
const interpolateColors: Interpolate = ({ height, width, image: source }, { x, y }, pixels, image, to) => {
  const [lastX, lastY] = [width - 1, height - 1];
  const line = 3 * width;
  for (let i = 0; i < pixels.length; i++, to += 3) {
    if (pixels[i]! < 0) continue;
    const u = clamp(x[i]! - 0.5, lastX);
    const v = clamp(y[i]! - 0.5, lastY);
    const left = u | 0;
    const top = v | 0;
    const fx = u - left;
    const fy = v - top;
    const gx = 1 - fx;
    const gy = 1 - fy;
    const a = Math.imul(3, Math.imul(top, width) + left);
    const b = left < lastX ? a + 3 : a;
    const below = top < lastY ? line : 0;
    const d = a + below;
    const e = b + below;
    image[to] = (source[a]! * gx + source[b]! * fx) * gy + (source[d]! * gx + source[e]! * fx) * fy;
    image[to + 1] = (source[a + 1]! * gx + source[b + 1]! * fx) * gy + (source[d + 1]! * gx + source[e + 1]! * fx) * fy;
    image[to + 2] = (source[a + 2]! * gx + source[b + 2]! * fx) * gy + (source[d + 2]! * gx + source[e + 2]! * fx) * fy;
  }
}; // prettier-ignore

/** Of an image with any number of channels. */
const interpolatePlane: Interpolate = (
  { height, width, channels, image: source },
  { x, y },
  pixels,
  image,
  to,
) => {
  const [lastX, lastY] = [width - 1, height - 1];
  for (let i = 0; i < pixels.length; i++, to += channels) {
    if (pixels[i]! < 0) continue;
    const u = clamp(x[i]! - 0.5, lastX);
    const v = clamp(y[i]! - 0.5, lastY);
    const left = Math.floor(u);
    const top = Math.floor(v);
    const a = (top * width + left) * channels;
    const b = left < lastX ? a + channels : a;
    const below = top < lastY ? width * channels : 0;
    for (let c = 0; c < channels; c++)
      image[to + c] = bilinear(source, a + c, b + c, a + below + c, b + below + c, u - left, v - top);
  }
};

const interpolateVolume: Interpolate = (
  { depth = 1, height, width, channels, image: source },
  { x, y, z },
  pixels,
  image,
  to,
) => {
  const [lastX, lastY, lastZ] = [width - 1, height - 1, depth - 1];
  const slice = height * width * channels;
  for (let i = 0; i < pixels.length; i++, to += channels) {
    if (pixels[i]! < 0) continue;
    const u = clamp(x[i]! - 0.5, lastX);
    const v = clamp(y[i]! - 0.5, lastY);
    const w = clamp(z[i]! - 0.5, lastZ);
    const left = Math.floor(u);
    const top = Math.floor(v);
    const front = Math.floor(w);
    const fz = w - front;
    const a = ((front * height + top) * width + left) * channels;
    const b = left < lastX ? a + channels : a;
    const below = top < lastY ? width * channels : 0;
    for (let c = a; c < a + channels; c++) {
      const value = bilinear(source, c, b + c - a, below + c, below + b + c - a, u - left, v - top);
      image[to + c - a] =
        fz > 0
          ? value * (1 - fz) +
            bilinear(source, slice + c, slice + b + c - a, slice + below + c, slice + below + b + c - a, u - left, v - top) * fz
          : value;
    }
  }
}; // prettier-ignore

/** Between the values at four indices: two above, two below. */
function bilinear(
  values: Float32Array,
  aboveLeft: number,
  aboveRight: number,
  belowLeft: number,
  belowRight: number,
  fx: number,
  fy: number,
): number {
  const above = values[aboveLeft]! * (1 - fx) + values[aboveRight]! * fx;
  const below = values[belowLeft]! * (1 - fx) + values[belowRight]! * fx;
  return above * (1 - fy) + below * fy;
}

function clamp(value: number, last: number): number {
  return value < 0 ? 0 : value > last ? last : value;
}
