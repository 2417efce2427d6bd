import * as fs from 'node:fs';
import { closeSync, constants, fstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

import { printable } from '@segloss/common';
import { unreadable } from '../errors.js';

/** Larger files are refused: one buffer of Node holds no more. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/**
 * Reads a regular file. Pipes, devices and folders are refused without waiting for them.
 *
 * @param options `limit`: read at most this many bytes from the start; default all.
 * @throws {DataError} `unreadable`, with the cause.
 */
export async function readBytes(
  path: string,
  { limit = Infinity }: { limit?: number } = {},
): Promise<Uint8Array> {
  const bytes = await readIfThere(path, limit);
  if (bytes === undefined) throw unreadable(path, 'there is no such file');
  return bytes;
}

/** As {@link readBytes}; undefined if there is no such file. */
async function readIfThere(path: string, limit = Infinity): Promise<Uint8Array | undefined> {
  try {
    // Not blocking: opening a pipe would wait for somebody who writes into it.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      // What needs no disk is not sent to another thread: of small files that would take most of the time.
      const stats = fstatSync(file);
      if (!stats.isFile()) {
        throw new Error(`it is ${stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a pipe' : 'a device'}, not a file; move it away`); // prettier-ignore
      }
      if (limit === Infinity && stats.size > MAX_FILE_BYTES) {
        throw new Error(`it has ${stats.size} bytes; files of up to 2 GiB are read`);
      }
      return await readStart(file, stats.size, limit);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, code === 'ELOOP' ? 'its links form a loop' : message);
  }
}

const [open, read, readFile] = [promisify(fs.open), promisify(fs.read), promisify(fs.readFile)];

/** The first `limit` bytes of a file of `size` bytes; all of them, even if it grew, where the limit is infinite. */
async function readStart(file: number, size: number, limit: number): Promise<Uint8Array> {
  // A byte more than the file has tells whether it grew.
  const bytes = Buffer.allocUnsafeSlow(Math.min(limit, size + 1));
  let [at, count] = [0, 0];
  do {
    count = (await read(file, bytes, at, bytes.length - at, at)).bytesRead;
    at += count;
  } while (count > 0 && at < size);
  if (at <= size || limit !== Infinity) return bytes.subarray(0, at);
  return readFile(file);
}

/**
 * The text of a file, without byte order mark: UTF-8, or UTF-16 with its mark, as Windows writes it. Undefined if there is no
 * such file.
 *
 * @throws {DataError} `unreadable`, if it is not text of these encodings.
 */
export async function readText(path: string): Promise<string | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'; // prettier-ignore
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(path, 'it is no UTF-8 text; save it as UTF-8');
  }
}

/**
 * Parses a JSON file.
 *
 * @returns Undefined if there is no such file.
 * @throws {DataError} `unreadable`, if it holds no JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unreadable(path, `it holds no JSON (${printable((error as Error).message)})`);
  }
}

/** Names of what a folder holds, sorted, without hidden files (`.DS_Store`, `._a.png`); undefined if there is no such folder. */
export async function namesIn(folder: string): Promise<string[] | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  return names?.filter((name) => !name.startsWith('.')).sort();
}
