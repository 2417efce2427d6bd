import { type io } from '@tensorflow/tfjs-core';

/** How the weights of an exported model are stored. */
export type Quantization = 'float16' | 'uint16' | 'uint8';

/** Names of {@link Quantization}, from the most exact to the smallest. */
export const QUANTIZATIONS: readonly Quantization[] = ['uint16', 'float16', 'uint8'];

type Spec = io.WeightsManifestEntry;

/**
 * Stores the filters of a model in fewer bits, in the form that `tf.loadLayersModel` decodes; biases, scales and statistics, which are few, stay
 * float32.
 *
 * - `uint8`, `uint16`: w ≈ min + scale q, with the smallest and the largest value of each array; 0 stays 0 exactly.
 * - `float16`: the nearest half-precision number.
 *
 * @throws {RangeError} If a value is beyond the range of float16.
 */
export function quantizeWeights(
  specs: readonly Spec[],
  bytes: Uint8Array,
  kind: Quantization,
): { specs: Spec[]; bytes: Uint8Array } {
  const parts: Uint8Array[] = [];
  let at = 0;
  const changed = specs.map((spec) => {
    const length = 4 * spec.shape.reduce((product, size) => product * size, 1);
    const own = bytes.slice(at, at + length);
    at += length;
    if (spec.shape.length < 2 || spec.dtype !== 'float32') {
      parts.push(own);
      return spec;
    }
    const { stored, quantization } = STORE[kind](new Float32Array(own.buffer), spec.name);
    parts.push(new Uint8Array(stored.buffer));
    return { ...spec, quantization };
  });
  return { specs: changed, bytes: Buffer.concat(parts) };
}

interface Stored {
  readonly stored: Uint8Array | Uint16Array;
  readonly quantization: NonNullable<Spec['quantization']>;
}

const STORE: Readonly<Record<Quantization, (values: Float32Array, name: string) => Stored>> = {
  uint8: (values) => linear(values, new Uint8Array(values.length), 'uint8'),
  uint16: (values) => linear(values, new Uint16Array(values.length), 'uint16'),
  float16(values, name) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!(largest <= 65504)) {
      throw new RangeError(
        `quantize: wanted weights up to 65504 for float16, got ${largest} in ${name}; use uint16`,
      );
    }
    return { stored: Uint16Array.from(values, halfOf), quantization: { dtype: 'float16' } };
  },
};

/** In equal steps from the smallest value to the largest. */
function linear(values: Float32Array, stored: Uint8Array | Uint16Array, dtype: 'uint8' | 'uint16'): Stored {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const steps = dtype === 'uint8' ? 255 : 65535;
  const scale = high > low ? (high - low) / steps : 1;
  const min = low < 0 && high > 0 ? -Math.round(-low / scale) * scale : low;
  values.forEach((value, i) => {
    stored[i] = Math.min(steps, Math.max(0, Math.round((value - min) / scale)));
  });
  return { stored, quantization: { dtype, min, scale } };
}

const word = new DataView(new ArrayBuffer(4));

/** The bits of the nearest half-precision number, of two that are equally near the even one. */
function halfOf(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude < 0x33000001) return sign; // up to 2^-25, half of the smallest
  const exponent = (magnitude >>> 23) - 112;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  // 13 bits too many, more where the half-precision number is subnormal.
  const drop = exponent > 0 ? 13 : 14 - exponent;
  const kept = significand >>> drop;
  const rest = significand & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  const rounded = kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0);
  return sign | (exponent > 0 ? ((exponent - 1) << 10) + rounded : rounded);
}
