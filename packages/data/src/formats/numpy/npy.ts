import { unknownFormat } from '../unknown-format.js';
import { halves } from './half.js';

/** An array of NumPy, in C order: the last axis varies fastest. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: NumpyValues;
}

/** Values of a {@link NumpyArray}. float16 becomes float32, bool uint8, and 64-bit integers become float64. */
export type NumpyValues =
  Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** No array is read that claims more values than this. */
export const MAX_VALUES = 512e6;
/** More axes than this are no image of ours. */
const MAX_AXES = 6;

/** Bytes of a value, and how a buffer of them is read. */
const TYPES: Readonly<Record<string, readonly [bytes: number, read: (buffer: ArrayBuffer) => NumpyValues]>> =
  {
    f2: [2, (buffer) => halves(new Uint16Array(buffer))],
    f4: [4, (buffer) => new Float32Array(buffer)],
    f8: [8, (buffer) => new Float64Array(buffer)],
    b1: [1, (buffer) => new Uint8Array(buffer)],
    u1: [1, (buffer) => new Uint8Array(buffer)],
    u2: [2, (buffer) => new Uint16Array(buffer)],
    u4: [4, (buffer) => new Uint32Array(buffer)],
    u8: [8, (buffer) => Float64Array.from(new BigUint64Array(buffer), Number)],
    i1: [1, (buffer) => new Int8Array(buffer)],
    i2: [2, (buffer) => new Int16Array(buffer)],
    i4: [4, (buffer) => new Int32Array(buffer)],
    i8: [8, (buffer) => Float64Array.from(new BigInt64Array(buffer), Number)],
  };

interface Header {
  readonly littleEndian: boolean;
  readonly type: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly offset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Decodes the bytes of a `.npy` file, version 1 to 3, of either byte order, in C or Fortran order. Nothing is allocated by what the header
 * claims, and no Python objects are read.
 *
 * @throws {Error} With the cause.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function decodeNpy(bytes: Uint8Array): NumpyArray {
  const { littleEndian, type, fortran, shape, offset } = readHeader(bytes);
  const [size, read] = TYPES[type]!;
  const count = shape.reduce((product, side) => product * side, 1);
  if (count > MAX_VALUES) {
    throw new Error(`it claims ${count} values; at most ${MAX_VALUES / 1e6} million are read`);
  }
  const got = bytes.length - offset;
  if (got !== count * size) {
    throw new Error(
      `it claims ${shape.join(' x ')} values of ${size} bytes, got ${got} bytes; it is damaged or cut short`,
    );
  }
  const copy = Uint8Array.from(bytes.subarray(offset)); // at the start of a buffer of its own, where every type may begin
  if (littleEndian !== HOST_IS_LITTLE_ENDIAN) swap(Buffer.from(copy.buffer), size);
  const values = read(copy.buffer);
  return { shape, values: fortran ? inOrderOfC(values, shape) : values };
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  if (size === 4) bytes.swap32();
  if (size === 8) bytes.swap64();
}

function readHeader(bytes: Uint8Array): Header {
  if (!MAGIC.every((byte, i) => bytes[i] === byte))
    throw new Error(unknownFormat(bytes, 'no NumPy array', '.npy'));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw new Error(`it has version ${version} of the format; 1 to 3 are read`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw new Error('it ends within the header');
  const offset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (offset > bytes.length || offset > 65_536) throw new Error('it ends within the header');
  const text = Buffer.from(bytes.subarray(start, offset)).toString('latin1');
  const [, descr] = /'descr'\s*:\s*'([^']*)'/.exec(text) ?? [];
  const [, order] = /'fortran_order'\s*:\s*(True|False)/.exec(text) ?? [];
  const [, sides] = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(text) ?? [];
  const [, byteOrder, type] = /^([<>|=])?([a-zA-Z]\d*)$/.exec(descr ?? '') ?? [];
  if (order === undefined || sides === undefined || type === undefined || !Object.hasOwn(TYPES, type)) {
    const what = descr === undefined ? 'records, or a damaged header' : `the type ${descr}`;
    throw new Error(
      `it holds ${what}; save floating-point numbers, integers or booleans, as in np.save(file, a.astype('float32'))`,
    );
  }
  const shape = sides.split(',').map((side) => side.trim()).filter(Boolean).map(Number); // prettier-ignore
  if (shape.length > MAX_AXES) throw new Error(`it has ${shape.length} axes; up to ${MAX_AXES} are read`);
  const littleEndian = byteOrder === '>' ? false : byteOrder === '<' ? true : HOST_IS_LITTLE_ENDIAN;
  return { littleEndian, type, fortran: order === 'True', shape, offset };
}

/** The values of an array whose first axis varies fastest, so that the last one does. */
function inOrderOfC(values: NumpyValues, shape: readonly number[]): NumpyValues {
  const result = values.slice();
  const at = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, 1));
  for (let i = 0; i < result.length; i++) {
    let from = 0;
    for (let axis = 0; axis < at.length; axis++) from += at[axis]! * strides[axis]!;
    result[i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++at[axis]! < shape[axis]!) break;
      at[axis] = 0;
    }
  }
  return result;
}
