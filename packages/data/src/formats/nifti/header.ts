import { unknownFormat } from '../unknown-format.js';
import { affineOf, fromSform, spacingOf, type Affine, type NiftiForms } from './affine.js';

/** What a NIfTI header says of the voxels that follow it. */
export interface NiftiHeader {
  readonly littleEndian: boolean;
  readonly datatype: Datatype;
  /** Voxels along the axes of the file, the last first: [depth, height, width]. */
  readonly shape: readonly [depth: number, height: number, width: number];
  /** Values of a voxel: the fourth axis, or the fifth. */
  readonly channels: number;
  /** Distances of voxel centers in mm, in the order of `shape`. */
  readonly spacing: readonly [depth: number, height: number, width: number];
  /** Three rows that map a voxel (x, y, z, 1) of the file's axes (width, height, depth) to mm. */
  readonly affine: Affine;
  /** What the header says of the place, in full. */
  readonly forms: NiftiForms;
  /** Whether the file says where the voxels are, and not only how large. */
  readonly placed: boolean;
  /** Where the voxels begin, in bytes. */
  readonly offset: number;
  /** value = slope * stored + intercept. */
  readonly slope: number;
  readonly intercept: number;
}

/** A kind of stored numbers. */
export interface Datatype {
  readonly name: string;
  readonly bytes: number;
  readonly array: new (buffer: ArrayBuffer) => StoredValues;
}

export type StoredValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** By their codes in the standard. Complex, RGB and 128-bit numbers are no images of ours. */
const DATATYPES: Readonly<Record<number, Datatype>> = {
  2: { name: 'uint8', bytes: 1, array: Uint8Array },
  4: { name: 'int16', bytes: 2, array: Int16Array },
  8: { name: 'int32', bytes: 4, array: Int32Array },
  16: { name: 'float32', bytes: 4, array: Float32Array },
  64: { name: 'float64', bytes: 8, array: Float64Array },
  256: { name: 'int8', bytes: 1, array: Int8Array },
  512: { name: 'uint16', bytes: 2, array: Uint16Array },
  768: { name: 'uint32', bytes: 4, array: Uint32Array },
  1024: { name: 'int64', bytes: 8, array: BigInt64Array },
  1280: { name: 'uint64', bytes: 8, array: BigUint64Array },
};

/** No volume is read that claims more values than this. */
export const MAX_VOXELS = 256e6;

/** Bytes that {@link readHeader} needs. */
export const HEADER_BYTES = 540;

/** Where the fields of the two versions lie, and how they are stored. */
const VERSIONS = {
  1: {
    bytes: 348, dim: 40, datatype: 70, pixdim: 76, offset: 108, slope: 112, units: 123, qform: 252, sform: 254,
    quaternion: 256, origin: 268, srow: 280, count: 'Int16', real: 'Float32', place: 'Float32', code: 'Int16', unit: 'Uint8',
  },
  2: {
    bytes: 540, dim: 16, datatype: 12, pixdim: 104, offset: 168, slope: 176, units: 500, qform: 344, sform: 348,
    quaternion: 352, origin: 376, srow: 400, count: 'Int64', real: 'Float64', place: 'Int64', code: 'Int32', unit: 'Int32',
  },
} as const; // prettier-ignore

type Kind = 'Uint8' | 'Int16' | 'Int32' | 'Int64' | 'Float32' | 'Float64';
const SIZES: Record<Kind, number> = { Uint8: 1, Int16: 2, Int32: 4, Int64: 8, Float32: 4, Float64: 8 };

/**
 * Reads the header of a NIfTI-1 or NIfTI-2 file of either byte order. Nothing is allocated by what it claims.
 *
 * @throws {Error} With the cause, where the header cannot be that of a volume that we read.
 *
 * @see The headers nifti1.h and nifti2.h of the NIfTI Data Format Working Group.
 */
export function readHeader(bytes: Uint8Array): NiftiHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, littleEndian] = versionOf(view);
  const fields = VERSIONS[version];
  if (bytes.length < fields.bytes) throw new Error('it ends within the NIfTI header');
  const read = (kind: Kind, at: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => {
      const value = view[`get${kind === 'Int64' ? 'BigInt64' : kind}`](at + i * SIZES[kind], littleEndian);
      return Number(value);
    });
  const one = (kind: Kind, at: number) => read(kind, at, 1)[0]!;

  const code = one('Int16', fields.datatype);
  const datatype = DATATYPES[code];
  if (datatype === undefined) {
    const known = Object.values(DATATYPES).map(({ name }) => name);
    throw new Error(`its data type has the code ${code}; ${known.join(', ')} are read`);
  }
  const [axes = 0, ...sizes] = read(fields.count, fields.dim, 8);
  const [width, height, depth, channels] = sizesOf(axes, sizes);
  const offset = one(fields.place, fields.offset);
  if (!(Number.isInteger(offset) && offset >= fields.bytes && offset <= 2 ** 31)) {
    throw new Error(`its voxels begin at byte ${offset}, which is impossible`);
  }
  const scale = millimeters(one(fields.unit, fields.units) & 7);
  const pixdim = read(fields.real, fields.pixdim, 4);
  const lengths = (values: number[]) => values.map((value) => value * scale);
  const voxels = [width, height, depth];
  const forms: NiftiForms = {
    qform: {
      code: Math.max(0, one(fields.code, fields.qform)),
      quaternion: read(fields.real, fields.quaternion, 3),
      origin: lengths(read(fields.real, fields.origin, 3)),
      // An axis of one voxel often has no size.
      size: pixdim
        .slice(1)
        .map((value, axis) => (value === 0 && voxels[axis] === 1 ? 1 : Math.abs(value) * scale)),
      handedness: pixdim[0]! < 0 ? -1 : 1,
    },
    sform: {
      code: Math.max(0, one(fields.code, fields.sform)),
      affine: fromSform(lengths(read(fields.real, fields.srow, 12))),
    },
  };
  const affine = affineOf(forms);
  const shape = [depth, height, width] as const;
  const spacing = spacingOf(affine).map((distance, i) => (distance === 0 && shape[i] === 1 ? 1 : distance)) as [number, number, number]; // prettier-ignore
  if (!spacing.every((distance) => distance > 0 && distance < 1e6)) {
    throw new Error(`its voxels measure ${spacing.join(' x ')} mm, which is impossible; correct the header`);
  }
  const [slope, intercept] = read(fields.real, fields.slope, 2) as [number, number];
  const scaled = slope !== 0 && Number.isFinite(slope) && Number.isFinite(intercept);
  return {
    littleEndian,
    datatype,
    shape,
    channels,
    spacing,
    affine,
    forms,
    placed: forms.sform.code > 0 || forms.qform.code > 0,
    offset,
    slope: scaled ? slope : 1,
    intercept: scaled ? intercept : 0,
  };
}

function versionOf(view: DataView): [version: 1 | 2, littleEndian: boolean] {
  if (view.byteLength >= 348) {
    for (const littleEndian of [true, false]) {
      const size = view.getInt32(0, littleEndian);
      const version = size === VERSIONS[1].bytes ? 1 : size === VERSIONS[2].bytes ? 2 : undefined;
      const magicAt = version === 1 ? 344 : 4;
      const magic = String.fromCharCode(...[0, 1, 2].map((i) => view.getUint8(magicAt + i)));
      if (version !== undefined && magic === `n+${version}`) return [version, littleEndian];
      if (version !== undefined && magic === `ni${version}`) {
        throw new Error('it is a pair of .hdr and .img; convert it to one .nii or .nii.gz file');
      }
    }
  }
  throw new Error(
    unknownFormat(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), 'no NIfTI file', 'NIfTI'),
  );
}

/** A copy of what stands before the voxels, of a file with three axes alone. */
export function withoutChannels(head: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(head);
  const view = new DataView(bytes.buffer);
  const [version, littleEndian] = versionOf(view);
  const { dim, count } = VERSIONS[version];
  const write = (axis: number, value: number) =>
    count === 'Int16'
      ? view.setInt16(dim + 2 * axis, value, littleEndian)
      : view.setBigInt64(dim + 8 * axis, BigInt(value), littleEndian);
  const { shape } = readHeader(bytes);
  [3, ...[...shape].reverse(), 1, 1, 1, 1].forEach((value, axis) => write(axis, value));
  return bytes;
}

/** Width, height, depth and channels; an axis that is not there has one voxel. */
function sizesOf(axes: number, sizes: readonly number[]): [number, number, number, number] {
  const used = sizes.map((size, axis) => (axis < axes ? size : 1));
  const [width, height, depth, time, vector, ...rest] = used as [number, number, number, number, number];
  const values = used.reduce((product, size) => product * size, 1);
  const said = used.slice(0, Math.max(3, axes)).join(' x ');
  if (!(axes >= 1 && axes <= 7) || !used.every((size) => Number.isInteger(size) && size > 0)) {
    throw new Error(`it claims ${axes} axes with ${said} voxels, which is impossible`);
  }
  if (values > MAX_VOXELS) {
    throw new Error(`it claims ${said} voxels; at most ${MAX_VOXELS / 1e6} million are read`);
  }
  if ((time > 1 && vector > 1) || rest.some((size) => size > 1)) {
    throw new Error(`it has ${said} voxels; three axes and one of channels are read`);
  }
  return [width, height, depth, time * vector];
}

function millimeters(unit: number): number {
  return unit === 1 ? 1000 : unit === 3 ? 0.001 : 1; // meter, micrometer, else mm or not said
}
