/** Pixels of one binary image, or groups of equal pixels: what every loss of the first screens reads. */
export interface Pixels {
  /** Logits. */
  readonly z: Float64Array;
  /** sigmoid(z). */
  readonly s: Float64Array;
  /** True label, 0 or 1. */
  readonly y: Uint8Array;
  /** How many pixels each entry stands for; default 1. */
  readonly count?: Float64Array;
}

/** The sums over pixels that region losses are made of. */
export interface RegionSums {
  readonly count: number;
  readonly target: number;
  readonly predicted: number;
  readonly overlap: number;
}

/** 1 / (1 + exp(-z)) */
export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** log(1 + exp(z)), which never overflows. */
export const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** log(p / (1 - p)) */
export const logit = (p: number): number => Math.log(p / (1 - p));

/** Pixels from their logits. */
export function pixelsOf(z: Float64Array, y: Uint8Array, count?: Float64Array): Pixels {
  return { z, y, s: Float64Array.from(z, sigmoid), ...(count && { count }) };
}

/** The sums over all pixels. */
export function regionSums({ s, y, count }: Pixels): RegionSums {
  let [n, target, predicted, overlap] = [0, 0, 0, 0];
  for (let i = 0; i < s.length; i++) {
    const w = count?.[i] ?? 1;
    n += w;
    predicted += w * s[i]!;
    if (y[i]) {
      target += w;
      overlap += w * s[i]!;
    }
  }
  return { count: n, target, predicted, overlap };
}
