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

/** Entry of a header for one tensor. */
interface Entry {
  readonly dtype: StoredTensor['dtype'];
  readonly shape: readonly number[];
  readonly data_offsets: readonly [from: number, to: number];
}

/** The longest header that the format permits. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads the bytes of a `.safetensors` file: tensors of types F32, F16, BF16, F64 and I64 by name, in the order of the file. The values
 * of F32, F64 and I64 are views of the bytes where these are aligned.
 *
 * @param bytes The complete file; in Node `readFileSync(path)`, in a page `new Uint8Array(await (await fetch(url)).arrayBuffer())`.
 * @throws {TypeError} If the argument is not a Uint8Array. @throws {RangeError} If the file is cut off or contradicts itself: offsets out
 * of bounds, overlapping or with gaps, shapes of another size, unknown types.
 *
 * @example
 * ```ts
 * const header = JSON.stringify({ bias: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
 * const bytes = new Uint8Array(8 + header.length + 8);
 * bytes[0] = header.length; // a little-endian integer of 8 bytes
 * bytes.set(new TextEncoder().encode(header), 8);
 * bytes.set(new Uint8Array(new Float32Array([1, 2.5]).buffer), 8 + header.length);
 * readSafetensors(bytes).get('bias').values; // → [1, 2.5]
 * readSafetensors(bytes.subarray(0, -1)); // → throws RangeError: readSafetensors: wanted 8 bytes of tensors, got 7
 * ```
 *
 * @see The format of the safetensors project of Hugging Face.
 */
export function readSafetensors(bytes: Uint8Array): Map<string, StoredTensor> {
  if (!(bytes instanceof Uint8Array)) {
    const hint = typeof bytes === 'string' ? '; read the file first, in Node with readFileSync(path)' : '';
    throw new TypeError(
      `readSafetensors: wanted the bytes of a file (Uint8Array), got ${String(bytes)}${hint}`,
    );
  }
  if (bytes.length < 8) throw wrong(`wanted at least 8 bytes, got ${bytes.length}`);
  const { buffer, byteOffset } = bytes;
  const length = Number(new DataView(buffer, byteOffset).getBigUint64(0, true));
  if (length > Math.min(LONGEST_HEADER, bytes.length - 8)) {
    throw wrong(`wanted a header of ${length} bytes, got a file of ${bytes.length}`);
  }
  const entries = parseHeader(bytes.subarray(8, 8 + length));
  const data = new Uint8Array(buffer, byteOffset + 8 + length, bytes.length - 8 - length);

  let end = 0;
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const [from, to] = data_offsets;
    const wanted = shape.reduce((product, size) => product * size, FORMATS[dtype].bytes);
    if (to - from !== wanted) {
      throw wrong(`wanted ${wanted} bytes for ${name}, ${dtype} [${shape}], got offsets [${from}, ${to}]`);
    }
    if (from !== end)
      throw wrong(`wanted ${name} to begin where the one before ends, at ${end}, got ${from}`);
    end = to;
  }
  if (end !== data.length) throw wrong(`wanted ${end} bytes of tensors, got ${data.length}`);

  return new Map(
    entries.map(([name, { dtype, shape, data_offsets }]) => [
      name,
      { dtype, shape, values: FORMATS[dtype].read(data.subarray(...data_offsets)) },
    ]),
  );
}

/** The entries of a header, in the order of their bytes. */
function parseHeader(bytes: Uint8Array): [string, Entry][] {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw wrong(`its header is not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw wrong('its header is wrong: wanted an object');
  }
  const entries = Object.entries(json).filter(([name]) => name !== '__metadata__');
  for (const [name, entry] of entries) checkEntry(name, entry);
  return (entries as [string, Entry][]).sort(([, a], [, b]) => {
    const [x, y] = [a.data_offsets, b.data_offsets];
    return x[0] - y[0] || x[1] - y[1];
  });
}

function checkEntry(name: string, entry: unknown): void {
  const { dtype, shape, data_offsets, ...others } = Object(entry) as Record<string, unknown>;
  const refuse = (place: string, wanted: string, got: unknown) =>
    wrong(`its header is wrong at ${name}.${place}: wanted ${wanted}, got ${JSON.stringify(got)}`);
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const [other] = Object.keys(others);
  if (typeof dtype !== 'string' || !Object.hasOwn(FORMATS, dtype)) {
    throw refuse('dtype', Object.keys(FORMATS).join(' | '), dtype);
  }
  if (!Array.isArray(shape)) throw refuse('shape', 'a list of sizes', shape);
  const at = shape.findIndex((size) => !isSize(size));
  if (at >= 0) throw refuse(`shape.${at}`, 'an integer of at least 0', shape[at]);
  if (!Array.isArray(data_offsets) || data_offsets.length !== 2 || !data_offsets.every(isSize)) {
    throw refuse('data_offsets', 'two integers of at least 0', data_offsets);
  }
  if (other !== undefined) throw refuse(other, 'no other key', others[other]);
}

function wrong(problem: string): RangeError {
  return new RangeError(`readSafetensors: ${problem}; is the file complete, and a .safetensors file?`);
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
