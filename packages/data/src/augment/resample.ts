import { IGNORED, type Sample } from '../samples/sample.js';
import { interpolatorOf } from './interpolate.js';
import { type Beyond, type Point, type RowOfPoints, type Warp } from './types.js';

/**
 * The image by (bi- or tri-)linear interpolation between pixel centers and the mask by the nearest pixel, both at the same
 * places: so a mask never gets a label that it had not, but the one of what lies beyond. An image is a volume of one slice.
 */
export function resample(
  sample: Sample,
  warp: Warp,
  { image: outside = 0, label = IGNORED }: Beyond,
): Sample {
  const { id, channels, labels = 1, depth: sourceSlices = 1 } = sample;
  const { height, width, depth = sourceSlices } = warp;
  const image = new Float32Array(depth * height * width * channels);
  const mask = new Uint8Array(depth * height * width * labels);
  if (outside !== 0) image.fill(outside);
  mask.fill(label);
  const interpolate = interpolatorOf(sample);
  const row = { x: new Float64Array(width), y: new Float64Array(width), z: new Float64Array(width) };
  const pixels = new Int32Array(width);
  for (let z = 0, to = 0; z < depth; z++) {
    for (let y = 0; y < height; y++, to += width) {
      for (let x = 0; x < width; x++) row.x[x] = x + 0.5;
      row.y.fill(y + 0.5);
      row.z.fill(z + 0.5);
      rowToSource(warp, row);
      findPixels(sample, row, pixels);
      takeLabels(sample, pixels, mask, to * labels);
      interpolate(sample, row, pixels, image, to * channels);
    }
  }
  return {
    id,
    ...(sample.depth !== undefined && { depth }),
    height,
    width,
    channels,
    image,
    mask,
    ...(sample.labels !== undefined && { labels }),
  };
}

/** One warp that does what the two do in this order, with one interpolation. */
export function chain(first: Warp | undefined, second: Warp): Warp {
  if (first === undefined) return second;
  const depth = second.depth ?? first.depth;
  return {
    ...(depth !== undefined && { depth }),
    height: second.height,
    width: second.width,
    toSource(point) {
      second.toSource(point);
      first.toSource(point);
    },
    rowToSource(row) {
      rowToSource(second, row);
      rowToSource(first, row);
    },
  };
}

function rowToSource(warp: Warp, row: RowOfPoints): void {
  if (warp.rowToSource) {
    warp.rowToSource(row);
    return;
  }
  const { x, y, z } = row;
  const point: Point = { x: 0, y: 0, z: 0 };
  for (let i = 0; i < x.length; i++) {
    point.x = x[i]!;
    point.y = y[i]!;
    point.z = z[i]!;
    warp.toSource(point);
    x[i] = point.x;
    y[i] = point.y;
    z[i] = point.z;
  }
}

/** The pixels in which the places lie; -1 beyond the edges. */
function findPixels(
  { depth = 1, height, width }: Sample,
  { x, y, z }: RowOfPoints,
  pixels: Int32Array,
): void {
  for (let i = 0; i < pixels.length; i++) {
    const px = x[i]!;
    const py = y[i]!;
    const pz = z[i]!;
    const inside = px >= 0 && px < width && py >= 0 && py < height && pz >= 0 && pz < depth;
    pixels[i] = inside ? Math.imul(Math.imul(pz | 0, height) + (py | 0), width) + (px | 0) : -1;
  }
}

function takeLabels(
  { mask: from, labels = 1 }: Sample,
  pixels: Int32Array,
  mask: Uint8Array,
  to: number,
): void {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i]!;
    if (pixel < 0) continue;
    if (labels === 1) mask[to + i] = from[pixel]!;
    else for (let k = 0; k < labels; k++) mask[to + i * labels + k] = from[pixel * labels + k]!;
  }
}
