import crc32c from 'crc-32/crc32c.js';

/**
 * Bytes as one record of a TFRecord file: length (8 bytes), its checksum (4), the bytes, their checksum (4), all little-endian.
 *
 * @see tensorflow/core/lib/io/record_writer.h
 */
export function tfRecord(data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

/** CRC-32C, turned and shifted, so that the checksum of data with checksums in them is no simple one. */
function checksum(data: Uint8Array): Uint8Array {
  const crc = crc32c.buf(data) >>> 0;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(masked);
  return bytes;
}
