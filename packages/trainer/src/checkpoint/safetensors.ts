import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';

import { readSafetensors } from '@segloss/models';

import { type CheckpointContent, type CheckpointTensor } from '../loop/checkpoint.js';

const CHECKSUM = 'sha256';
const NO_CHECKSUM = '0'.repeat(64);

/**
 * The bytes of a `.safetensors` file: the length of the header (8 bytes, little-endian), the header (JSON), the numbers. Its
 * metadata also hold a checksum, the SHA-256 of the file with zeros in the checksum's place.
 *
 * @see https://github.com/huggingface/safetensors, "Format".
 */
export function encodeChecked({ tensors, metadata }: CheckpointContent): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { [CHECKSUM]: NO_CHECKSUM, ...metadata } };
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += values.byteLength)] };
  }
  const text = JSON.stringify(header);
  const padding = (8 - (Buffer.byteLength(text) % 8)) % 8;
  const json = Buffer.from(text + ' '.repeat(padding));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const parts = Object.values(tensors).map(({ values }) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  const bytes = Buffer.concat([length, json, ...parts]);
  bytes.write(sha256(bytes), checksumAt(bytes)!, 'latin1');
  return bytes;
}

/** The checksum of the file is the one it should have. */
export function checksumHolds(bytes: Buffer): boolean {
  const at = checksumAt(bytes);
  if (at === undefined) return false;
  const claimed = bytes.toString('latin1', at, at + 64);
  bytes.write(NO_CHECKSUM, at, 'latin1');
  const holds = sha256(bytes) === claimed;
  bytes.write(claimed, at, 'latin1');
  return holds;
}

/** What {@link encodeChecked} made bytes of. @throws {RangeError} If the bytes are damaged. */
export function decodeChecked(bytes: Buffer): CheckpointContent {
  if (!checksumHolds(bytes)) throw new RangeError('its checksum does not agree with its bytes');
  const tensors = [...readSafetensors(bytes)].map(([name, { shape, values }]) => [
    name,
    { shape, values: values as Float32Array },
  ]);
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, end)) as { __metadata__: Record<string, string> };
  const metadata = { ...header.__metadata__ };
  delete metadata[CHECKSUM];
  return { tensors: Object.fromEntries(tensors) as Record<string, CheckpointTensor>, metadata };
}

/**
 * Returns whether a file is as long as its header says; reads the header alone. A file of the right length may still be damaged, which
 * {@link decodeChecked} notices.
 */
export function isComplete(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size < 8) return false;
  const handle = openSync(file, 'r');
  try {
    const length = Buffer.alloc(8);
    readSync(handle, length, 0, 8, 0);
    const end = 8 + Number(length.readBigUInt64LE());
    if (end > Math.min(size, MAX_HEADER)) return false;
    const json = Buffer.alloc(end - 8);
    readSync(handle, json, 0, json.length, 8);
    const header = JSON.parse(json.toString()) as Record<string, { data_offsets?: [number, number] }>;
    const ends = Object.values(header).map(({ data_offsets: offsets }) => offsets?.[1] ?? 0);
    return size === end + Math.max(0, ...ends);
  } catch {
    return false;
  } finally {
    closeSync(handle);
  }
}

/** A header with the metrics of a million epochs is no longer than this, in bytes. */
const MAX_HEADER = 2 ** 29;

/** Where the hexadecimal digits of the checksum are. */
function checksumAt(bytes: Buffer): number | undefined {
  const before = `"${CHECKSUM}":"`;
  const at = bytes.indexOf(before, 8);
  return at < 0 || at + before.length + 64 > bytes.length ? undefined : at + before.length;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
