import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';
import { DataError } from '@segloss/data';

/** A folder for the files of a test, removed after it. */
export async function temporaryFolder(): Promise<{
  path: string;
  put(path: string, bytes: Uint8Array | string): Promise<string>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'segloss-data-'));
  return {
    path,
    async put(name, bytes) {
      const full = join(path, name);
      await mkdir(dirname(full), { recursive: true });
      await writeFile(full, bytes);
      return full;
    },
  };
}

export const removeAfterAll = (folder: () => string) =>
  afterAll(() => rm(folder(), { recursive: true, force: true }));

/** The DataError of a promise, as `code: message`. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DataError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('wanted a DataError');
}
