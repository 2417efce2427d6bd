import { inflateRawSync } from 'node:zlib';

import { crc32 } from '../crc32.js';

/** A file in a ZIP archive, still packed. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Unpacks the file. @throws {Error} If it is damaged. */
  read(): Uint8Array;
}

const [END, DIRECTORY, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];
const END_BYTES = 22;
const STORED = 0;
const DEFLATED = 8;
/** The best that deflate can do is 1032 to 1. */
const MAX_DEFLATE = 1032;

/**
 * Lists the files of a ZIP archive, as `np.savez` writes it, by its central directory.
 *
 * @throws {Error} If it is damaged or encrypted, or has several parts.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zipEntries(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const entries: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY)
      throw new Error('its directory is damaged');
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [crc, packed, size] = [16, 20, 24].map((field) => view.getUint32(at + field, true)) as [number, number, number]; // prettier-ignore
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [number, number, number]; // prettier-ignore
    const place = view.getUint32(at + 42, true);
    const name = Buffer.from(bytes.subarray(at + 46, at + 46 + nameLength)).toString();
    if (flags & 1) throw new Error(`${name} in it is encrypted`);
    if ([packed, size, place].includes(0xffffffff)) throw new Error(`${name} in it is larger than 4 GiB`);
    entries.push({ name, size, read: () => unpack(bytes, { name, method, crc, packed, size, place }) });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - END_BYTES - 65_535);
  for (let at = view.byteLength - END_BYTES; at >= first; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new Error('its end is missing; it was cut short');
}

interface Packed {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly place: number;
}

function unpack(bytes: Uint8Array, { name, method, crc, packed, size, place }: Packed): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (place + 30 > bytes.length || view.getUint32(place, true) !== LOCAL)
    throw new Error(`${name} in it is damaged`);
  const start = place + 30 + view.getUint16(place + 26, true) + view.getUint16(place + 28, true);
  const content = bytes.subarray(start, start + packed);
  if (content.length !== packed || (method === STORED ? size !== packed : size > packed * MAX_DEFLATE + 64)) {
    throw new Error(`${name} in it was cut short`);
  }
  if (method !== STORED && method !== DEFLATED)
    throw new Error(`${name} in it is packed by method ${method}; save it with np.savez_compressed`);
  let file: Uint8Array;
  try {
    file = method === STORED ? content : inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw new Error(`${name} in it is damaged (${(error as Error).message})`, { cause: error });
  }
  if (file.length !== size || crc32(file) !== crc)
    throw new Error(`${name} in it is damaged: its checksum differs`);
  return file;
}
