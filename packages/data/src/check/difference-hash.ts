import { resizeSample } from '../samples/transforms.js';
import { type Sample } from '../samples/sample.js';

/** 256 bits of what an image looks like, in 16 words of 16 bits. */
export type DifferenceHash = Uint16Array;

/** Images are near-duplicates if at most this many of the 256 bits differ. Fewer than the words: see {@link DifferenceHashIndex}. */
export const NEAR = 10;

const SIDE = 16;
/** Neighbors must differ by more than this, on a scale from 0 to 1: noise in flat areas makes no bits. */
const LEAST_STEP = 0.01;
/** Of an image with fewer bits than this one cannot tell what it looks like. */
const LEAST_BITS = 16;

/**
 * A difference hash: the image as 16 rows of 17 gray areas, and whether each is darker than its right neighbor. Of a volume,
 * its middle slice. Undefined for images that are all but uniform.
 */
export function differenceHash(sample: Sample): DifferenceHash | undefined {
  const areas = grayAreas(sample, SIDE, SIDE + 1);
  const words = new Uint16Array(SIDE);
  let bits = 0;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const at = y * (SIDE + 1) + x;
      if (areas[at + 1]! - areas[at]! <= LEAST_STEP) continue;
      words[y]! |= 1 << x;
      bits++;
    }
  }
  return bits < LEAST_BITS ? undefined : words;
}

function grayAreas(sample: Sample, rows: number, columns: number): Float32Array {
  const { id, depth = 1, height, width, channels } = sample;
  const pixels = height * width;
  const start = Math.floor(depth / 2) * pixels * channels;
  const image = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) image[i]! += sample.image[start + i * channels + c]! / channels;
  }
  const gray = { id, height, width, channels: 1, image, mask: new Uint8Array(pixels) };
  return resizeSample(gray, rows, columns).image;
}

/** How many bits differ. */
export function distance(a: DifferenceHash, b: DifferenceHash): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) {
    for (let rest = a[i]! ^ b[i]!; rest !== 0; rest &= rest - 1) bits++;
  }
  return bits;
}

/**
 * Finds near hashes without comparing all: if fewer bits differ than there are words, one word at least is the same.
 */
export class DifferenceHashIndex {
  private readonly byWord = new Map<number, number[]>();
  private readonly entries: { readonly id: string; readonly print: DifferenceHash }[] = [];

  add(id: string, print: DifferenceHash): void {
    print.forEach((word, i) => {
      const key = i * 65536 + word;
      const same = this.byWord.get(key);
      if (same) same.push(this.entries.length);
      else this.byWord.set(key, [this.entries.length]);
    });
    this.entries.push({ id, print });
  }

  /** The nearest one within {@link NEAR} bits. */
  nearest(print: DifferenceHash): { readonly id: string; readonly bits: number } | undefined {
    const candidates = new Set(
      Array.from(print).flatMap((word, i) => this.byWord.get(i * 65536 + word) ?? []),
    );
    let best: { id: string; bits: number } | undefined;
    for (const candidate of candidates) {
      const entry = this.entries[candidate]!;
      const bits = distance(print, entry.print);
      if (bits <= NEAR && (best === undefined || bits < best.bits)) best = { id: entry.id, bits };
    }
    return best;
  }
}
