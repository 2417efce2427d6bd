import { sumOfLanes } from './region-block';

// Sums and gradients over pixels are computed in parts of up to 4096 pixels of one image; the parts depend on the sizes alone.

/** Pixels of a part. */
const PART: i32 = 4096;
/** Blocks that are added in float32 before they go to float64. */
export const RUN: i32 = 16;

export function partsOfImage(pixels: i32): i32 {
  return (pixels + PART - 1) / PART;
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function imageOf(part: i32, pixels: i32): i32 {
  return part / partsOfImage(pixels);
}

/** The number of a part's first pixel, counted over all images. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function firstPixel(part: i32, pixels: i32): i32 {
  const parts = partsOfImage(pixels);
  return imageOf(part, pixels) * pixels + (part % parts) * PART;
}

/** The number after that of its last pixel. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function lastPixel(part: i32, pixels: i32): i32 {
  const parts = partsOfImage(pixels);
  return imageOf(part, pixels) * pixels + min(pixels, (part % parts) * PART + PART);
}

/** Adds the four lanes of each of `length` vectors to float64 sums, and clears them. */
export function flushLanes(lanes: usize, sums: usize, length: i32): void {
  for (const end = lanes + (<usize>length << 4); lanes < end; lanes += 16) {
    store<f64>(sums, load<f64>(sums) + sumOfLanes(v128.load(lanes)));
    v128.store(lanes, f32x4.splat(0));
    sums += 8;
  }
}

/** to[k] += from[k], float64; nothing if there is no place for it (0). */
export function addSums(to: usize, from: usize, length: i32): void {
  if (to == 0) return;
  for (let k: usize = 0; k < <usize>length << 3; k += 8) store<f64>(to + k, load<f64>(to + k) + load<f64>(from + k));
}

/** out[s][b][k] = Σ over the parts of image b of partial[p][s][k], in their order. */
export function addPartsOfImages(partial: usize, out: usize, batch: i32, pixels: i32, statistics: i32, classes: i32): void {
  const parts = partsOfImage(pixels);
  const length = statistics * classes;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < length; i++) {
      let sum: f64 = 0;
      for (let p = b * parts; p < (b + 1) * parts; p++) sum += load<f64>(partial + (<usize>(p * length + i) << 3));
      const at = ((i / classes) * batch + b) * classes + (i % classes);
      store<f32>(out + (<usize>at << 2), <f32>sum);
    }
  }
}
