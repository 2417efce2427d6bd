/** Parts of an octave, each with its power in a table. */
const PARTS = 2048;
/** Exponents up to which three terms of the series are exact enough. */
const LARGEST = 8;

const middles = Float64Array.from({ length: PARTS }, (_, part) => 1 + (part + 0.5) / PARTS);
const inverses = middles.map((middle) => 1 / middle);

/**
 * Writes v^γ, held within 0 to 1, for each value v, several times as fast as `v ** gamma`: with v = 2^e m (1 + r), where m is the middle of one of
 * 2048 parts of an octave, v^γ = 2^(eγ) m^γ (1 + r)^γ. The first two factors stand in tables, and |r| ≤ 2^-12. Off by at most 1e-12 of the value,
 * before it is rounded.
 *
 * @param gamma Above 0; above 8 the powers are computed one by one.
 * @param results As many as values; may be the same array.
 */
export function raise(gamma: number, values: Float32Array, results: Float32Array | Float64Array): void {
  if (gamma === 1 || gamma > LARGEST) {
    for (let i = 0; i < values.length; i++) results[i] = clip(values[i]! ** gamma);
    return;
  }
  const octaves = Float64Array.from({ length: 256 }, (_, biased) => 2 ** ((biased - 127) * gamma));
  const powers = middles.map((middle) => middle ** gamma);
  const [second, third] = [(gamma - 1) / 2, (gamma - 2) / 3];
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    // Zero and subnormal numbers, negative ones, infinity and NaN.
    if (word < 0x00800000 || word >= 0x7f800000) {
      results[i] = clip(values[i]! ** gamma);
      continue;
    }
    const mantissa = word & 0x7fffff;
    const part = mantissa >> 12;
    const r = (1 + mantissa * 2 ** -23) * inverses[part]! - 1;
    const series = 1 + gamma * r * (1 + second * r * (1 + third * r));
    results[i] = clip(octaves[word >> 23]! * powers[part]! * series);
  }
}

/** The value, held within 0 to 1. */
export const clip = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);
