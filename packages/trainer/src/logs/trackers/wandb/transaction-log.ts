import crc32 from 'crc-32';

/** Records never cross the border of a block; longer ones are cut into parts. */
const BLOCK = 32768;
const HEADER = 7;
/** What a part is: a whole record, or its first, a middle or its last part. */
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4] as const;

/** `:W&B`, the number 0xBEE1 and version 0, by which a file is known. */
const IDENTITY = Buffer.from([...Buffer.from(':W&B'), 0xe1, 0xbe, 0]);

/**
 * Returns the bytes of a `.wandb` file, which keeps the run of an offline Weights & Biases: its records in the log format of LevelDB, with the checksum
 * of zlib (CRC-32) in place of CRC-32C.
 *
 * @see https://github.com/google/leveldb/blob/main/doc/log_format.md; wandb/sdk/internal/datastore.py of wandb.
 */
export function transactionLog(records: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [IDENTITY];
  let at = IDENTITY.length;
  const put = (bytes: Uint8Array) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const record of records) {
    let from = 0;
    do {
      if (roomAt(at) < HEADER) put(new Uint8Array(roomAt(at)));
      const to = Math.min(record.length, from + roomAt(at) - HEADER);
      put(part(record.subarray(from, to), kindOf(from === 0, to === record.length)));
      from = to;
    } while (from < record.length);
  }
  return Buffer.concat(parts);
}

/** Bytes from here to the end of the block. */
const roomAt = (at: number): number => BLOCK - (at % BLOCK);

const kindOf = (first: boolean, last: boolean): number =>
  first ? (last ? FULL : FIRST) : last ? LAST : MIDDLE;

/** Checksum of kind and data (4 bytes), length (2), kind (1), data; little-endian. */
function part(data: Uint8Array, kind: number): Uint8Array {
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(crc32.buf(data, crc32.buf([kind])));
  header.writeUInt16LE(data.length, 4);
  header.writeUInt8(kind, 6);
  return Buffer.concat([header, data]);
}
