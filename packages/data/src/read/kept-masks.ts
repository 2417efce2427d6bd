import { forEachRun, Tally } from '@segloss/common';

import { type Mask } from './pixels.js';

/** Bytes of runs that are kept at most: those of some ten thousand masks of one region. */
const MAX_BYTES = 2 ** 25;

/** A mask as runs of equal values: where each ends, and its value. */
interface Runs extends Omit<Mask, 'values'> {
  readonly ends: Uint32Array;
  readonly values: Mask['values'];
}

/** Masks that were read for the rule and will be read again for their labels, as runs of equal values: those that have few. */
export class KeptMasks {
  private readonly masks = new Map<string, Runs>();
  private bytes = 0;

  /** Keeps a mask if there is room. Returns its values, rising, with how many there are of each, as `countsOf` does. */
  keep(file: string, { values, ...mask }: Mask): [value: number, pixels: number][] {
    // More runs than this take as much time to unpack as the file does.
    const most = Math.min(values.length / 16, (MAX_BYTES - this.bytes) / RUN_BYTES);
    const ends: number[] = [];
    const ofRuns: number[] = [];
    const tally = new Tally();
    forEachRun(values, values, (value, _, start, end) => {
      tally.add(value, end - start);
      if (ends.length > most) return;
      ends.push(end);
      ofRuns.push(value);
    });
    if (ends.length <= most) {
      this.bytes += RUN_BYTES * ends.length;
      const kept = values instanceof Uint16Array ? Uint16Array.from(ofRuns) : Uint8Array.from(ofRuns);
      this.masks.set(file, { ...mask, ends: Uint32Array.from(ends), values: kept });
    }
    return tally.entries();
  }

  /** The mask, if it was kept. */
  get(file: string): Mask | undefined {
    const runs = this.masks.get(file);
    if (runs === undefined) return undefined;
    const { ends, values, ...mask } = runs;
    const pixels = mask.width * mask.height;
    const all = values instanceof Uint16Array ? new Uint16Array(pixels) : new Uint8Array(pixels);
    for (let run = 0, start = 0; run < ends.length; start = ends[run++]!) {
      if (values[run] !== 0) all.fill(values[run]!, start, ends[run]!);
    }
    return { ...mask, values: all };
  }
}

/** An end of four bytes and a value of at most two. */
const RUN_BYTES = 6;
