import { readFileSync } from 'node:fs';

import { z } from 'zod';

/** One tensor of a `.safetensors` file. */
export interface StoredTensor {
  /** As it is stored; F16 and BF16 are given as float32. */
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'F64' | 'I64';
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float32Array | Float64Array | BigInt64Array;
}

interface Format {
  readonly bytes: number;
  read(bytes: Uint8Array): StoredTensor['values'];
}

const FORMATS: Readonly<Record<StoredTensor['dtype'], Format>> = {
  F32: { bytes: 4, read: (bytes) => new Float32Array(...aligned(bytes, 4)) },
  F64: { bytes: 8, read: (bytes) => new Float64Array(...aligned(bytes, 8)) },
  I64: { bytes: 8, read: (bytes) => new BigInt64Array(...aligned(bytes, 8)) },
  F16: { bytes: 2, read: (bytes) => floats(new Uint16Array(...aligned(bytes, 2)), ofHalf) },
  BF16: { bytes: 2, read: (bytes) => floats(new Uint16Array(...aligned(bytes, 2)), (bits) => bits << 16) },
};

const sizes = z.array(z.int().nonnegative());
const header = z.record(
  z.string(),
  z.strictObject({
    dtype: z.enum(Object.keys(FORMATS) as StoredTensor['dtype'][]),
    shape: sizes,
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
);

/** As the format has it: longer headers are refused. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads a `.safetensors` file: tensors of types F32, F16, BF16, F64 and I64 by name, in the order of the file. The values of
 * F32, F64 and I64 are views of the bytes where these are aligned.
 *
 * @param source Path of the file, or its bytes.
 * @throws {TypeError} If the source is neither. @throws {RangeError} If the file is cut off, or says of itself what is not so: offsets
 * out of bounds, overlapping or with gaps, shapes of another size, types that are unknown. The message names the file.
 *
 * @example
 * ```ts
 * const header = JSON.stringify({ bias: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
 * const bytes = new Uint8Array(8 + header.length + 8);
 * bytes[0] = header.length; // a little-endian integer of 8 bytes
 * bytes.set(new TextEncoder().encode(header), 8);
 * bytes.set(new Uint8Array(new Float32Array([1, 2.5]).buffer), 8 + header.length);
 * readSafetensors(bytes).get('bias').values; // → [1, 2.5]
 * readSafetensors(bytes.subarray(0, -1)); // → throws RangeError: readSafetensors: the bytes given: wanted 8 bytes of tensors, got 7
 * ```
 *
 * @see The format of the safetensors project of Hugging Face.
 */
export function readSafetensors(source: string | Uint8Array): Map<string, StoredTensor> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw new TypeError(`readSafetensors: wanted a path or a Uint8Array, got ${String(source)}`);
  }
  const file = typeof source === 'string' ? source : 'the bytes given';
  const fail = (problem: string): never => {
    throw new RangeError(`readSafetensors: ${file}: ${problem}; is it whole, and a .safetensors file?`);
  };
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  if (bytes.length < 8) return fail(`wanted at least 8 bytes, got ${bytes.length}`);
  const { buffer, byteOffset } = bytes;
  const length = Number(new DataView(buffer, byteOffset).getBigUint64(0, true));
  if (length > Math.min(LONGEST_HEADER, bytes.length - 8)) {
    return fail(`wanted a header of ${length} bytes, got a file of ${bytes.length}`);
  }
  const entries = parseHeader(bytes.subarray(8, 8 + length), fail);
  const data = new Uint8Array(buffer, byteOffset + 8 + length, bytes.length - 8 - length);

  let end = 0;
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const [from, to] = data_offsets;
    const wanted = shape.reduce((product, size) => product * size, FORMATS[dtype].bytes);
    if (to - from !== wanted) {
      return fail(`wanted ${wanted} bytes for ${name}, ${dtype} [${shape}], got offsets [${from}, ${to}]`);
    }
    if (from !== end)
      return fail(`wanted ${name} to begin where the one before ends, at ${end}, got ${from}`);
    end = to;
  }
  if (end !== data.length) return fail(`wanted ${end} bytes of tensors, got ${data.length}`);

  return new Map(
    entries.map(([name, { dtype, shape, data_offsets }]) => [
      name,
      { dtype, shape, values: FORMATS[dtype].read(data.subarray(...data_offsets)) },
    ]),
  );
}

/** The tensors that a header tells of, in the order of their bytes. */
function parseHeader(bytes: Uint8Array, fail: (problem: string) => never) {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return fail(`its header is not JSON: ${(error as Error).message}`);
  }
  if (typeof json === 'object' && json !== null) delete (json as { __metadata__?: unknown }).__metadata__;
  const { data, error } = header.safeParse(json);
  if (error) {
    const { path, message } = error.issues[0]!;
    return fail(`its header is wrong${path.length === 0 ? '' : ` at ${path.join('.')}`}: ${message}`);
  }
  return Object.entries(data).sort(([, a], [, b]) => {
    const [x, y] = [a.data_offsets, b.data_offsets];
    return x[0] - y[0] || x[1] - y[1];
  });
}

/** Arguments of a typed array's constructor: the bytes themselves, or a copy where they do not lie at a multiple of the size. */
function aligned(bytes: Uint8Array, size: number): [ArrayBuffer, number, number] {
  const { buffer, byteOffset, length } = byteOffsetFits(bytes, size) ? bytes : bytes.slice();
  return [buffer as ArrayBuffer, byteOffset, length / size];
}

const byteOffsetFits = ({ byteOffset }: Uint8Array, size: number) => byteOffset % size === 0;

/** Floats by their bits, which a function makes of those that are stored. */
function floats(stored: Uint16Array, convert: (bits: number) => number): Float32Array {
  const bits = new Uint32Array(stored.length);
  for (let i = 0; i < bits.length; i++) bits[i] = convert(stored[i]!);
  return new Float32Array(bits.buffer);
}

/** From half precision, 5 bits of exponent and 10 of fraction, to single, 8 and 23. */
function ofHalf(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // of a subnormal number until its first one is before the point
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
}
