import { DataError } from '../../errors.js';
import { MAX_DENSE_PIXELS } from '../raw-pixels.js';

/**
 * A mask as lengths of runs, column by column from the top left: zeros, ones, zeros, … `counts` are the lengths, or their
 * compressed text.
 */
export interface Rle {
  /** [height, width] in pixels. */
  readonly size: readonly [height: number, width: number];
  readonly counts: readonly number[] | string;
}

/**
 * The mask of COCO's run-length encoding, compressed or not.
 *
 * @returns `height * width` values 0 or 1, row by row.
 * @throws {DataError} `unreadable` if the runs do not fill the size, or the text is none that COCO writes.
 *
 * @example
 * ```ts
 * Array.from(decodeRle({ size: [2, 2], counts: [1, 2, 1] })); // → [0, 1, 1, 0]
 * Array.from(decodeRle({ size: [2, 2], counts: '121' })); // → [0, 1, 1, 0]
 * ```
 *
 * @see The mask API of COCO, https://cocodataset.org/#format-data
 */
export function decodeRle({ size, counts }: Rle): Uint8Array {
  const [height, width] = checkSize(size);
  const runs = typeof counts === 'string' ? decompress(counts) : counts;
  let total = 0;
  for (const run of runs) {
    if (!(Number.isInteger(run) && run >= 0)) throw broken(`a run of ${String(run)} pixels`);
    total += run;
  }
  if (total !== height * width) throw broken(`runs of ${total} pixels for ${height} x ${width}`);
  const mask = new Uint8Array(total);
  let at = 0;
  runs.forEach((run, i) => {
    if (i % 2 === 1) {
      for (let pixel = at; pixel < at + run; pixel++) {
        mask[(pixel % height) * width + Math.floor(pixel / height)] = 1;
      }
    }
    at += run;
  });
  return mask;
}

/**
 * COCO's run-length encoding of a mask, compressed.
 *
 * @param mask `height * width` values, row by row; what is not 0 is 1.
 * @param size `height` and `width` in pixels.
 * @throws {RangeError} If the mask does not fill the size.
 *
 * @example
 * ```ts
 * encodeRle(Uint8Array.of(0, 1, 1, 0), { height: 2, width: 2 }); // → { size: [2, 2], counts: "121" }
 * ```
 */
export function encodeRle(
  mask: ArrayLike<number>,
  { height, width }: { height: number; width: number },
): { size: [height: number, width: number]; counts: string } {
  if (mask.length !== height * width) {
    throw new RangeError(
      `encodeRle: wanted ${height} x ${width} = ${height * width} values, got ${mask.length}`,
    );
  }
  const runs: number[] = [];
  let [current, run] = [0, 0];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const value = mask[y * width + x] === 0 ? 0 : 1;
      if (value !== current) {
        runs.push(run);
        [current, run] = [value, 0];
      }
      run++;
    }
  }
  return { size: [height, width], counts: compress([...runs, run]) };
}

/** Six bits a character, from '0' on: five of the number, the lowest first, and one that says that more follow. */
const FIRST = 48;

/** From the fourth run on the text holds the difference to the run two before. */
const reference = (runs: readonly number[], i: number) => (i > 2 ? runs[i - 2]! : 0);

function compress(runs: readonly number[]): string {
  let text = '';
  runs.forEach((run, i) => {
    let rest = run - reference(runs, i);
    for (;;) {
      const bits = rest & 0x1f;
      rest >>= 5;
      const more = rest !== (bits & 0x10 ? -1 : 0); // what is left is more than the sign
      text += String.fromCharCode(FIRST + bits + (more ? 0x20 : 0));
      if (!more) return;
    }
  });
  return text;
}

function decompress(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const code = text.charCodeAt(at++) - FIRST; // NaN beyond the end
      if (!(code >= 0 && code < 64)) throw broken(`the text ${JSON.stringify(text.slice(0, 20))}`);
      if (shift > 25) throw broken('a run of more than 30 bits');
      value |= (code & 0x1f) << shift;
      if (code & 0x20) continue;
      if (code & 0x10) value |= -1 << (shift + 5);
      break;
    }
    runs.push(value + reference(runs, runs.length));
  }
  return runs;
}

function checkSize(size: readonly number[]): readonly [number, number] {
  const [height = 0, width = 0] = size;
  const whole = size.length === 2 && size.every((side) => Number.isInteger(side) && side > 0);
  if (!whole || height * width > MAX_DENSE_PIXELS) {
    throw broken(
      `the size [${size.join(', ')}] (wanted [height, width] of at most ${MAX_DENSE_PIXELS / 1e6} million pixels)`,
    );
  }
  return [height, width];
}

function broken(what: string): DataError {
  return new DataError(
    `decodeRle: cannot read ${what}; export the annotation again with COCO's mask API`,
    'unreadable',
  );
}
