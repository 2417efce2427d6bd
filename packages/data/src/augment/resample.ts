import { IGNORED, type Sample } from '../samples/sample.js';
import { type Beyond, type Point, type Warp } from './types.js';

/**
 * The image by (bi- or tri-)linear interpolation between pixel centers and the mask by the nearest pixel, both at the same
 * places: so a mask never gets a label that it had not, but the one of what lies beyond. An image is a volume of one slice.
 */
export function resample(
  sample: Sample,
  { depth: slices, height, width, toSource }: Warp,
  { image: outside = 0, label = IGNORED }: Beyond,
): Sample {
  const {
    id,
    channels,
    labels = 1,
    depth: sourceSlices = 1,
    height: sourceHeight,
    width: sourceWidth,
  } = sample;
  const depth = slices ?? sourceSlices;
  const image = new Float32Array(depth * height * width * channels);
  const mask = new Uint8Array(depth * height * width * labels);
  image.fill(outside);
  mask.fill(label);
  const point: Point = { x: 0, y: 0, z: 0 };
  const [lastX, lastY, lastZ] = [sourceWidth - 1, sourceHeight - 1, sourceSlices - 1];
  const { floor, min } = Math;
  const { image: source, mask: sourceMask } = sample;
  const slice = sourceHeight * sourceWidth * channels;
  let to = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to++) {
        point.x = x + 0.5;
        point.y = y + 0.5;
        point.z = z + 0.5;
        toSource(point);
        if (
          !within(point.x, sourceWidth) ||
          !within(point.y, sourceHeight) ||
          !within(point.z, sourceSlices)
        ) {
          continue;
        }
        const nearest = (floor(point.z) * sourceHeight + floor(point.y)) * sourceWidth + floor(point.x);
        if (labels === 1) mask[to] = sourceMask[nearest]!;
        else for (let k = 0; k < labels; k++) mask[to * labels + k] = sourceMask[nearest * labels + k]!;
        // Half a pixel at the edge has a center on one side only.
        const u = clamp(point.x - 0.5, lastX);
        const v = clamp(point.y - 0.5, lastY);
        const w = clamp(point.z - 0.5, lastZ);
        const left = floor(u);
        const top = floor(v);
        const front = floor(w);
        const fx = u - left;
        const fy = v - top;
        const fz = w - front;
        const right = min(left + 1, lastX);
        const above = (front * sourceHeight + top) * sourceWidth;
        const below = (front * sourceHeight + min(top + 1, lastY)) * sourceWidth;
        for (let c = 0; c < channels; c++) {
          const a = (above + left) * channels + c;
          const b = (above + right) * channels + c;
          const d = (below + left) * channels + c;
          const e = (below + right) * channels + c;
          let value = bilinear(source, a, b, d, e, fx, fy);
          if (fz > 0) {
            value =
              value * (1 - fz) + bilinear(source, a + slice, b + slice, d + slice, e + slice, fx, fy) * fz;
          }
          image[to * channels + c] = value;
        }
      }
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
  };
}

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

const within = (place: number, size: number) => place >= 0 && place < size;

function clamp(value: number, last: number): number {
  return value < 0 ? 0 : value > last ? last : value;
}
