import { type Activation } from '@segloss/losses';

/** What the loops over pixels read, in tfjs's layout: channels last. */
export interface PixelArrays {
  readonly batch: number;
  readonly pixels: number;
  readonly classes: number;
  /** `[B, N, K]` */
  readonly logits: Float32Array;
  /** `[B, N, 1 or K]`: 1 or 0; absent where there are indices. */
  readonly valid?: Float32Array;
  readonly validChannels: number;
  /** `[B, N]`, -1 = ignored; either of the two. */
  readonly indices?: Int32Array;
  /** `[B, N, K]`, 0 at ignored pixels. */
  readonly target?: Float32Array;
}

/** The labels of one pixel after another, as numbers y and v for each class. */
export class PixelLabels {
  readonly y: Float64Array;
  readonly v: Float64Array;
  /** The classes with a label: the one of an index, or all. */
  first = 0;
  end = 0;
  /** Pixels read that are not ignored. */
  seen = 0;

  constructor(private readonly arrays: PixelArrays) {
    this.y = new Float64Array(arrays.classes);
    this.v = new Float64Array(arrays.classes).fill(1);
  }

  /** Reads pixel `i` of the batch; false where it is ignored. */
  read(i: number): boolean {
    const { indices } = this.arrays;
    const valid = indices === undefined ? this.readTarget(i) : this.readIndex(indices[i]!);
    if (valid) this.seen++;
    return valid;
  }

  private readIndex(label: number): boolean {
    if (label < 0) return false;
    this.y[this.first] = 0; // that of the last pixel
    this.y[label] = 1;
    this.first = label;
    this.end = label + 1;
    return true;
  }

  private readTarget(i: number): boolean {
    const { classes, validChannels, valid, target } = this.arrays;
    if (validChannels === 1) {
      if (valid![i] === 0) return false;
    } else {
      for (let k = 0; k < classes; k++) this.v[k] = valid![i * classes + k]!;
    }
    for (let k = 0; k < classes; k++) this.y[k] = target![i * classes + k]!;
    this.end = classes;
    return true;
  }
}

/** A logit that a softmax gives nothing, and no product of which is too large. */
const NOTHING = -1e30;

/**
 * The logits without those of channels that are ignored while others of their pixel count: not even a NaN there is seen, and a
 * softmax gives them nothing.
 */
export function withoutIgnoredChannels(
  { logits, valid, validChannels }: PixelArrays,
  activation: Activation,
): Float32Array {
  const hidden = activation === 'softmax' ? NOTHING : 0;
  return validChannels === 1 ? logits : logits.map((z, at) => (valid![at] === 0 ? hidden : z));
}
