/** float16 values (IEEE 754 binary16) as float32. */
export function halves(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (value) => HALVES[value]!);
}

const HALVES = Float32Array.from({ length: 65_536 }, (_, bits) => {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});
