import { weightsFor } from './taps.js';

/** An image that is resized. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Values of each pixel, of which the first `channels` count. */
  readonly step: number;
  readonly values: Float32Array | Bytes;
}

/** Bytes that stand for values. */
export interface Bytes {
  readonly bytes: Uint8Array;
  /** What each byte stands for. */
  readonly levels: Float32Array;
}

/**
 * Area averages along rows and then along columns, each rounded once: bit-identical to the sums that `weightsFor` gives, in their order, in
 * half the time. Undefined if an axis grows, or there are neither 1 nor 3 channels.
 */
export function shrink(pixels: Pixels, height: number, width: number): Float32Array | undefined {
  const { channels, step, values } = pixels;
  const rows = sharesOf(pixels.height, height);
  const columns = sharesOf(pixels.width, width);
  if (!rows || !columns || (channels !== 1 && channels !== 3)) return undefined;
  const shrinkRow = channels === 3 ? shrinkColors : shrinkGrays;
  const rowLength = pixels.width * step;
  // Bytes are looked up for a row at a time: so what shrinks a row sees floats only, and is compiled for them.
  const looked = values instanceof Float32Array ? undefined : new Float32Array(rowLength);
  const line = new Float32Array(width * channels);
  let sums = new Float64Array(line.length);
  let nextSums = new Float64Array(line.length);
  const result = new Float32Array(height * line.length);
  for (let y = 0; y < height; y++) {
    for (let row = rows.starts[y]!; row < rows.starts[y + 1]!; row++) {
      if (values instanceof Float32Array) {
        shrinkRow(values, row * rowLength, step, columns, line);
      } else {
        lookUp(values, row * rowLength, looked!);
        shrinkRow(looked!, 0, step, columns, line);
      }
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

function lookUp({ bytes, levels }: Bytes, from: number, row: Float32Array): void {
  for (let i = 0; i < row.length; i++) row[i] = levels[bytes[from + i]!]!;
}

/** Shrinks the row that begins at `from` into `line`. */
type ShrinkRow = (values: Float32Array, from: number, step: number, shares: Shares, line: Float32Array) => void; // prettier-ignore

const shrinkColors: ShrinkRow = (values, from, step, { starts, own, next }, line) => {
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
      const r = values[from]!;
      const g = values[from + 1]!;
      const b = values[from + 2]!;
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

const shrinkGrays: ShrinkRow = (values, from, step, { starts, own, next }, line) => {
  let sum = 0;
  for (let i = 0, x = 0; i < starts.length - 1; i++) {
    let nextSum = 0;
    for (const end = starts[i + 1]!; x < end; x++, from += step) {
      const level = values[from]!;
      sum += own[x]! * level;
      nextSum += next[x]! * level;
    }
    line[i] = sum;
    sum = nextSum;
  }
};
