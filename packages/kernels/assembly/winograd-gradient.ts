// The gradient of the filter by Winograd's algorithm: dw = Gᵀ [Σ (Bᵀ x B) ⊙ (A dy Aᵀ)] G over the tiles, the derivative by g of
// Aᵀ[(G g Gᵀ) ⊙ (Bᵀ x B)]A.
import { outerProducts } from './filter-gradient';
import { TILE_ROWS } from './matrix-tile';
import { writeTaps } from './winograd-filter';
import { blockOf, padded8, planeBytes, planesOf, transformTiles, winogradBlocks } from './winograd-tiles';
import { TRANSFORM_SCRATCH, writeConstants } from './winograd4-transforms';

/** Bytes of one partial sum of {@link winogradFilterGradient}. */
export function winogradSumBytes(edge: i32, taps: i32, inputs: i32, outputs: i32): usize {
  return <usize>taps * planesOf(edge) * planeBytes(inputs, padded8(outputs));
}

/**
 * Partial sums over the tiles, [parts][taps][planes][inputs][outputs]: part p of `parts` takes its share of the blocks, each of which
 * goes through `slices` slices of dy. The gradient is {@link winogradFilterSum}. Scratch: `winogradScratch`.
 */
// prettier-ignore
export function winogradFilterGradient(
  edge: i32, x: usize, dy: usize, sums: usize, parts: i32, batch: i32, depth: i32, height: i32, width: i32, inputs: i32,
  taps: i32, slices: i32, outDepth: i32, outHeight: i32, outWidth: i32, outputs: i32, padFront: i32, padTop: i32, padLeft: i32,
  scratch: usize, firstPart: i32, endPart: i32,
): void {
  const block = blockOf(edge, inputs, outputs, taps);
  const blocks = winogradBlocks(edge, batch, outHeight, outWidth, inputs, outputs, taps);
  const chunks = (outDepth + slices - 1) / slices;
  const padded = padded8(outputs);
  const planes = planesOf(edge);
  const vPlane = planeBytes(block, inputs);
  const yPlane = planeBytes(block, padded);
  const sPlane = planeBytes(inputs, padded);
  const v = scratch; // transformed slices of the input, slice z at place z % taps
  const vSlice = planes * vPlane;
  const y = v + <usize>taps * vSlice;
  const rest = y + planes * yPlane;
  const rows = (outHeight + edge - 1) / edge;
  const columns = (outWidth + edge - 1) / edge;
  const total = batch * rows * columns;
  const pixel = <usize>inputs << 2, outPixel = <usize>outputs << 2, step = <usize>padded << 2;
  const slice = <usize>(height * width) * pixel, outSlice = <usize>(outHeight * outWidth) * outPixel;
  const tapSums = planes * sPlane;
  writeConstants(rest);
  memory.fill(y, 0, planes * yPlane); // the channels that fill up the last eight stay 0
  for (let part = firstPart; part < endPart; part++) {
    const s = sums + <usize>part * <usize>taps * tapSums;
    memory.fill(s, 0, <usize>taps * tapSums);
    const end = (part + 1) * blocks * chunks / parts;
    for (let one = part * blocks * chunks / parts; one < end; one++) {
      const chunk = one / blocks;
      const first = (one - chunk * blocks) * block;
      const count = min(block, total - first);
      let next = 0; // the slice of the input that is to be transformed next
      for (let z = chunk * slices; z < min(outDepth, (chunk + 1) * slices); z++) {
        const from = max(0, z - padFront), stop = min(depth, z - padFront + taps);
        for (next = max(next, from); next < stop; next++) {
          transformTiles(x + <usize>next * slice, v + <usize>(next % taps) * vSlice, vPlane, rest, first, count, rows, columns, <usize>depth * slice, height, width, pixel, pixel, pixel, padTop, padLeft, edge, true);
        }
        transformTiles(dy + <usize>z * outSlice, y, yPlane, rest, first, count, rows, columns, <usize>outDepth * outSlice, outHeight, outWidth, outPixel, outPixel, step, 0, 0, edge, false);
        for (let at = from; at < stop; at++) {
          const to = s + <usize>(at - z + padFront) * tapSums;
          const seen = v + <usize>(at % taps) * vSlice;
          for (let p: usize = 0; p < planes; p++) outerProducts(seen + p * vPlane, y + p * yPlane, to + p * sPlane, inputs, padded, count, pixel, step);
        }
      }
    }
  }
}

/** The filter's gradient from the partial sums, which are added in their order; a part is an input channel of a slice of the filter. Scratch: `filterScratch`. */
// prettier-ignore
export function winogradFilterSum(
  edge: i32, sums: usize, parts: i32, dw: usize, taps: i32, inputs: i32, outputs: i32, scratch: usize, first: i32, end: i32,
): void {
  const padded = padded8(outputs);
  const plane = planeBytes(inputs, padded);
  const planes = planesOf(edge);
  const apart = winogradSumBytes(edge, taps, inputs, outputs);
  const row = <usize>padded << 2;
  for (let part = first; part < end; part++) {
    const kz = part / inputs;
    const ci = part - kz * inputs;
    const s = sums + <usize>kz * planes * plane + <usize>ci * row;
    for (let p: usize = 0; p < planes; p++) {
      for (let at = s + p * plane; at < s + p * plane + row; at += 16) {
        let sum = v128.load(at);
        for (let i = 1; i < parts; i++) sum = f32x4.add(sum, v128.load(at + <usize>i * apart));
        v128.store(at, sum);
      }
    }
    writeTaps(edge, s, plane, row, dw + (<usize>((kz * 9 * inputs + ci) * outputs) << 2), inputs, outputs, 1, outputs, scratch);
  }
}

/** Channels of a group of `winogradTiles`, of which a part of {@link winogradFilterGradientByInputs} takes one of x. */
const GROUP = 16;
/** Tiles whose products are added up before they go to their sum: two levels keep rounding small. */
const TILES = 256;

/** The parts of {@link winogradFilterGradientByInputs}. */
export function winogradInputParts(taps: i32, inputs: i32): i32 {
  return taps * ((inputs + GROUP - 1) / GROUP);
}

/** Bytes of scratch for {@link winogradFilterGradientByInputs}. */
export function winogradInputScratch(edge: i32): usize {
  return TRANSFORM_SCRATCH + planesOf(edge) * planeBytes(GROUP, 8);
}

/**
 * The filter's gradient where x and dy have been through `winogradTiles` in groups of 16: each part makes sixteen input channels of a slice of dw, eight
 * outputs at a time, so the sums, as large as the transformed filter, are never written. `tiles` belong to one slice.
 */
// prettier-ignore
export function winogradFilterGradientByInputs(
  edge: i32, v: usize, y: usize, dw: usize, tiles: i32, depth: i32, outDepth: i32, padFront: i32, taps: i32, inputs: i32, outputs: i32,
  scratch: usize, firstPart: i32, endPart: i32,
): void {
  const planes = planesOf(edge);
  const step: usize = GROUP << 2;
  const vTiles = (depth * tiles + TILE_ROWS - 1) & ~(TILE_ROWS - 1), yTiles = (outDepth * tiles + TILE_ROWS - 1) & ~(TILE_ROWS - 1);
  const groups = (inputs + GROUP - 1) / GROUP;
  const vPlane = planeBytes(vTiles, groups * GROUP);
  const yPlane = planeBytes(yTiles, (outputs + GROUP - 1) / GROUP * GROUP);
  const s = scratch + TRANSFORM_SCRATCH;
  const sPlane = planeBytes(GROUP, 8);
  for (let part = firstPart; part < endPart; part++) {
    const kz = part / groups;
    const ci = (part - kz * groups) * GROUP;
    const count = min(GROUP, inputs - ci);
    const from = max(0, padFront - kz), end = max(from, min(outDepth, depth + padFront - kz)); // slices of dy that this tap reaches
    const seen = v + (<usize>(ci * vTiles) << 2) + <usize>((from + kz - padFront) * tiles) * step;
    for (let co = 0; co < outputs; co += 8) {
      const met = y + (<usize>((co & ~(GROUP - 1)) * yTiles) << 2) + <usize>(from * tiles) * step + (<usize>(co & (GROUP - 1)) << 2);
      memory.fill(s, 0, planes * sPlane);
      for (let p: usize = 0; p < planes; p++) {
        for (let i = 0; i < (end - from) * tiles; i += TILES) {
          outerProducts(seen + p * vPlane + <usize>i * step, met + p * yPlane + <usize>i * step, s + p * sPlane, count, 8, min(TILES, (end - from) * tiles - i), step, step);
        }
      }
      writeTaps(edge, s, sPlane, 32, dw + (<usize>((kz * 9 * inputs + ci) * outputs + co) << 2), inputs, outputs, count, min(8, outputs - co), scratch);
    }
  }
}
