import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/** Puts bytes behind those of a file, in one write that is on the disk when this returns; all of them or, if it throws, none. */
export function appendDurably(file: string, bytes: Uint8Array): void {
  withFile(file, 'a', (handle) => {
    const { size } = fstatSync(handle);
    try {
      writeWhole(handle, bytes, file);
    } catch (error) {
      ftruncateSync(handle, size);
      throw error;
    }
  });
}

/**
 * Gives a file this content. If it begins with what is there, only the rest is appended, so that a reader can keep the file open.
 *
 * @returns Whether the content is another one now.
 */
export function extendDurably(file: string, bytes: Uint8Array): boolean {
  const before = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (before.length > 0 && before.equals(bytes.subarray(0, before.length))) {
    if (before.length === bytes.length) return false;
    appendDurably(file, bytes.subarray(before.length));
  } else {
    replaceDurably(file, bytes);
  }
  return true;
}

/** Cuts a file to its first bytes. */
export function truncateDurably(file: string, length: number): void {
  withFile(file, 'r+', (handle) => ftruncateSync(handle, length));
}

/** Part of the names of this process's drafts: process ids are the same in many containers. */
export const DRAFT = randomUUID().slice(0, 8);

/**
 * Gives a file new content: a reader sees the old or the new, never a part.
 *
 * @param mayPublish Is called when the new content is complete; what it throws leaves the old content in place.
 */
export function replaceDurably(
  file: string,
  bytes: Uint8Array,
  mayPublish: () => void = () => undefined,
): void {
  const draft = `${file}.${DRAFT}.new`;
  try {
    withFile(draft, 'w', (handle) => writeWhole(handle, bytes, draft));
    mayPublish();
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function withFile(file: string, flags: string, use: (handle: number) => void): void {
  namingFile(file, () => {
    const handle = openSync(file, flags);
    try {
      use(handle);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  });
}

/**
 * Returns what `write` returns. An error of the file system names the file: Node's do not where writing fails after the file was opened, as on a
 * full disk.
 */
export function namingFile<T>(file: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z]+$/.test(code) || message.includes(file)) throw error;
    throw Object.assign(new Error(`cannot write ${file}: ${message}`, { cause: error }), { code, syscall });
  }
}

function writeWhole(handle: number, bytes: Uint8Array, file: string): void {
  const written = writeSync(handle, bytes);
  if (written !== bytes.length) {
    throw new Error(`${file}: only ${written} of ${bytes.length} bytes could be written; is the disk full?`);
  }
}
