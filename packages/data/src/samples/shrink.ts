import { weightsFor } from './taps.js';

/** An image that is resized. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Values of each pixel, of which the first `channels` count. */
  readonly step: number;
  readonly values: Float32Array | Uint8Array;
  /** What each byte stands for; without them values are what they are. */
  readonly levels?: Float32Array;
}

/**
 * Area averages along rows and then along columns, each rounded once: bit-identical to the sums that `weightsFor` gives, in their order, in
 * half the time. Undefined if an axis grows, or there are neither 1 nor 3 channels.
 */
export function shrink(pixels: Pixels, height: number, width: number): Float32Array | undefined {
  const { channels } = pixels;
  const rows = sharesOf(pixels.height, height);
  const columns = sharesOf(pixels.width, width);
  if (!rows || !columns || (channels !== 1 && channels !== 3)) return undefined;
  const shrinkRow = channels === 3 ? shrinkColors : shrinkGrays;
  const line = new Float32Array(width * channels);
  let sums = new Float64Array(line.length);
  let nextSums = new Float64Array(line.length);
  const result = new Float32Array(height * line.length);
  for (let y = 0; y < height; y++) {
    for (let row = rows.starts[y]!; row < rows.starts[y + 1]!; row++) {
      shrinkRow(pixels, row * pixels.width * pixels.step, columns, line);
      const [own, next] = [rows.own[row]!, rows.next[row]!];
      for (let i = 0; i < line.length; i++) {
        sums[i]! += own * line[i]!;
        nextSums[i]! += next * line[i]!;
      }
    }
    result.set(sums, y * line.length);
    [sums, nextSums] = [nextSums, sums.fill(0)];
  }
  return result;
}

/** How the pixels of an axis are shared out where it shrinks: each is part of a target pixel and of the next one. */
interface Shares {
  /** Where the source pixels of each target begin; at the end the number of source pixels. */
  readonly starts: Int32Array;
  /** The weight of each source pixel in its target. */
  readonly own: Float64Array;
  /** Its weight in the next target. */
  readonly next: Float64Array;
}

/** Undefined if a pixel is part of more than two targets: where an axis grows, or by rounding. */
function sharesOf(source: number, target: number): Shares | undefined {
  if (target > source) return undefined;
  const targetOf = new Int32Array(source).fill(-1);
  const [own, next] = [new Float64Array(source), new Float64Array(source)];
  for (const [i, { start, weights }] of weightsFor(source, target).entries()) {
    for (const [k, weight] of weights.entries()) {
      const pixel = start + k;
      if (weight === 0) continue;
      if (targetOf[pixel] === -1) {
        targetOf[pixel] = i;
        own[pixel] = weight;
      } else if (targetOf[pixel] === i - 1) {
        next[pixel] = weight;
      } else {
        return undefined;
      }
    }
  }
  const starts = new Int32Array(target + 1).fill(source);
  for (let pixel = source - 1; pixel >= 0; pixel--) starts[targetOf[pixel]!] = pixel;
  return { starts, own, next };
}

/** Shrinks the row that begins at `from` into `line`. */
type ShrinkRow = (pixels: Pixels, from: number, shares: Shares, line: Float32Array) => void;

const shrinkColors: ShrinkRow = ({ values, step, levels }, from, { starts, own, next }, line) => {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let i = 0, to = 0, x = 0; i < starts.length - 1; i++) {
    let nextRed = 0;
    let nextGreen = 0;
    let nextBlue = 0;
    for (const end = starts[i + 1]!; x < end; x++, from += step) {
      const here = own[x]!;
      const after = next[x]!;
      const r = levels === undefined ? values[from]! : levels[values[from]!]!;
      const g = levels === undefined ? values[from + 1]! : levels[values[from + 1]!]!;
      const b = levels === undefined ? values[from + 2]! : levels[values[from + 2]!]!;
      red += here * r;
      green += here * g;
      blue += here * b;
      nextRed += after * r;
      nextGreen += after * g;
      nextBlue += after * b;
    }
    line[to++] = red;
    line[to++] = green;
    line[to++] = blue;
    red = nextRed;
    green = nextGreen;
    blue = nextBlue;
  }
};

const shrinkGrays: ShrinkRow = ({ values, step, levels }, from, { starts, own, next }, line) => {
  let sum = 0;
  for (let i = 0, x = 0; i < starts.length - 1; i++) {
    let nextSum = 0;
    for (const end = starts[i + 1]!; x < end; x++, from += step) {
      const level = levels === undefined ? values[from]! : levels[values[from]!]!;
      sum += own[x]! * level;
      nextSum += next[x]! * level;
    }
    line[i] = sum;
    sum = nextSum;
  }
};
