/** What a crafted NIfTI file holds; written here by the standard's table of bytes, apart from the code that is tested. */
export interface Crafted {
  version?: 1 | 2;
  littleEndian?: boolean;
  /** Code of the data type. */
  type?: number;
  /** Sizes along x, y, z, t, u. */
  dims: number[];
  values: number[];
  slope?: number;
  intercept?: number;
  pixdim?: number[];
  /** Handedness of the qform, 1 or -1. */
  qfac?: number;
  sform?: number[][];
  qform?: { b: number; c: number; d: number; origin: number[] };
  units?: number;
  offset?: number;
}

const SETTERS: Record<number, [bytes: number, set: (view: DataView, at: number, value: number, le: boolean) => void]> = {
  2: [1, (v, at, x) => v.setUint8(at, x)],
  256: [1, (v, at, x) => v.setInt8(at, x)],
  4: [2, (v, at, x, le) => v.setInt16(at, x, le)],
  512: [2, (v, at, x, le) => v.setUint16(at, x, le)],
  8: [4, (v, at, x, le) => v.setInt32(at, x, le)],
  768: [4, (v, at, x, le) => v.setUint32(at, x, le)],
  16: [4, (v, at, x, le) => v.setFloat32(at, x, le)],
  64: [8, (v, at, x, le) => v.setFloat64(at, x, le)],
  1024: [8, (v, at, x, le) => v.setBigInt64(at, BigInt(x), le)],
  1280: [8, (v, at, x, le) => v.setBigUint64(at, BigInt(x), le)],
  128: [3, (v, at, x) => v.setUint8(at, x)], // RGB, which is refused
}; // prettier-ignore

export const TYPES = Object.keys(SETTERS).map(Number).filter((code) => code !== 128); // prettier-ignore

export function nifti({
  version = 1,
  littleEndian: le = true,
  type = 2,
  dims,
  values,
  slope = 0,
  intercept = 0,
  pixdim = [1, 1, 1],
  qfac = 1,
  sform,
  qform,
  units = 2,
  offset = version === 1 ? 352 : 544,
}: Crafted): Uint8Array {
  const [bytes, set] = SETTERS[type]!;
  const file = new Uint8Array(offset + bytes * values.length);
  const view = new DataView(file.buffer);
  const two = version === 2;
  const real = (at: number, x: number) => (two ? view.setFloat64(at, x, le) : view.setFloat32(at, x, le));
  const [step, code] = two ? [8, 4] : [4, 2];
  const short = (at: number, x: number) => (two ? view.setInt32(at, x, le) : view.setInt16(at, x, le));
  view.setInt32(0, two ? 540 : 348, le);
  file.set(
    [...`n+${version}\0`].map((c) => c.charCodeAt(0)),
    two ? 4 : 344,
  );
  const sizes = [dims.length, ...dims, ...Array<number>(7 - dims.length).fill(1)];
  sizes.forEach((x, i) =>
    two ? view.setBigInt64(16 + 8 * i, BigInt(x), le) : view.setInt16(40 + 2 * i, x, le),
  );
  view.setInt16(two ? 12 : 70, type, le);
  [qfac, ...pixdim].forEach((x, i) => real((two ? 104 : 76) + step * i, x));
  if (two) view.setBigInt64(168, BigInt(offset), le);
  else view.setFloat32(108, offset, le);
  real(two ? 176 : 112, slope);
  real((two ? 176 : 112) + step, intercept);
  if (two) view.setInt32(500, units, le);
  else view.setUint8(123, units);
  const forms = two ? 344 : 252;
  if (qform) {
    short(forms, 1);
    [qform.b, qform.c, qform.d, ...qform.origin].forEach((x, i) => real((two ? 352 : 256) + step * i, x));
  }
  if (sform) {
    short(forms + code, 1);
    sform.flat().forEach((x, i) => real((two ? 400 : 280) + step * i, x));
  }
  values.forEach((x, i) => set(view, offset + bytes * i, x, le));
  return file;
}
