import { type RawPixels } from '../formats/raw-pixels.js';
import { resizeImage, weightsFor } from '../samples/resize.js';
import { imageOf, levelsOf, type Image } from './pixels.js';

/**
 * The image of decoded pixels at another size, bit-identical to what `resizeSample` makes of {@link imageOf}. Bytes that shrink are averaged as
 * they are read, without an image of the full size in between.
 */
export function imageOfSize(raw: RawPixels, height: number, width: number): Image {
  const channels = raw.channels - (raw.alpha ? 1 : 0);
  const rows = sharesOf(raw.height, height);
  const columns = sharesOf(raw.width, width);
  const plain = raw.values instanceof Uint8Array && !raw.indexed && (channels === 1 || channels === 3);
  if (plain && rows && columns)
    return { height, width, channels, values: shrink(raw, channels, rows, columns) };
  const { values, ...full } = imageOf(raw);
  const image = resizeImage({ ...full, image: values }, height, width);
  return { height, width, channels: full.channels, values: image };
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

/** Sums in the order of `resizeImage`, along rows and then along columns, each rounded once. */
function shrink(raw: RawPixels, channels: number, rows: Shares, columns: Shares): Float32Array {
  const bytes = raw.values as Uint8Array;
  const [height, width] = [rows.starts.length - 1, columns.starts.length - 1];
  const levels = levelsOf(raw.maximum);
  const shrinkRow = channels === 3 ? shrinkColors : shrinkGrays;
  const line = new Float32Array(width * channels);
  let sums = new Float64Array(line.length);
  let nextSums = new Float64Array(line.length);
  const result = new Float32Array(height * line.length);
  for (let y = 0; y < height; y++) {
    for (let row = rows.starts[y]!; row < rows.starts[y + 1]!; row++) {
      shrinkRow(bytes, row * raw.width * raw.channels, raw.channels, levels, columns, line);
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

type ShrinkRow = (
  bytes: Uint8Array,
  from: number,
  /** Bytes of a pixel. */
  step: number,
  levels: Float32Array,
  shares: Shares,
  line: Float32Array,
) => void;

const shrinkColors: ShrinkRow = (bytes, from, step, levels, { starts, own, next }, line) => {
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
      const r = levels[bytes[from]!]!;
      const g = levels[bytes[from + 1]!]!;
      const b = levels[bytes[from + 2]!]!;
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

const shrinkGrays: ShrinkRow = (bytes, from, step, levels, { starts, own, next }, line) => {
  let sum = 0;
  for (let i = 0, x = 0; i < starts.length - 1; i++) {
    let nextSum = 0;
    for (const end = starts[i + 1]!; x < end; x++, from += step) {
      const level = levels[bytes[from]!]!;
      sum += own[x]! * level;
      nextSum += next[x]! * level;
    }
    line[i] = sum;
    sum = nextSum;
  }
};
