/** Parts of an octave, each with its power in a table. */
const PARTS = 2048;
/** Exponents up to which three terms of the series are exact enough. */
const LARGEST = 8;

/**
 * Returns the function v → v^γ for float32 values v, several times as fast as `v ** gamma`: with v = 2^e m (1 + r), where m is the middle of one of 2048
 * parts of an octave, v^γ = 2^(eγ) m^γ (1 + r)^γ. The first two factors stand in tables, and |r| ≤ 2^-12. Off by at most 1e-12 of the value, before
 * it is rounded to float32.
 *
 * @param gamma Above 0; above 8 the powers are computed one by one.
 */
export function powerOf(gamma: number): (value: number) => number {
  if (gamma === 1) return (value) => value;
  if (gamma > LARGEST) return (value) => value ** gamma;
  const octaves = Float64Array.from({ length: 256 }, (_, biased) => 2 ** ((biased - 127) * gamma));
  const middles = Float64Array.from({ length: PARTS }, (_, part) => 1 + (part + 0.5) / PARTS);
  const powers = middles.map((middle) => middle ** gamma);
  const inverses = middles.map((middle) => 1 / middle);
  const [second, third] = [(gamma - 1) / 2, (gamma - 2) / 3];
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  return (value) => {
    float[0] = value;
    const word = bits[0]!;
    // Zero and subnormal numbers, negative ones, infinity and NaN.
    if (word < 0x00800000 || word >= 0x7f800000) return value ** gamma;
    const mantissa = word & 0x7fffff;
    const part = mantissa >> 12;
    const r = (1 + mantissa * 2 ** -23) * inverses[part]! - 1;
    const series = 1 + gamma * r * (1 + second * r * (1 + third * r));
    return octaves[word >> 23]! * powers[part]! * series;
  };
}
