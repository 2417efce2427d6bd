import { readFile } from 'node:fs/promises';

import { DataError } from '@segloss/data';

import { readSummaries } from './nnunet.js';
import type { ReadRuns } from './runs.js';
import { sameContent } from './same-content.js';
import { sameInputs } from './same-files.js';

/** Reads summaries of nnU-Net, version 2 or 1. @throws {DataError} If one is none, or no case can be used. */
export async function readNnunet(
  files: readonly { readonly name: string; readonly file: string }[],
  names: readonly string[] | undefined,
): Promise<ReadRuns> {
  const read = async ({ name, file }: { name: string; file: string }) => ({
    name,
    file,
    text: await textOf(file),
  });
  const runs = files.map(({ name, file }) => ({ name, files: new Map([['summary', file]]) }));
  return readSummaries(await Promise.all(files.map(read)), names, await sameInputs(sameContent, runs));
}

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: Error) => {
    throw new DataError(`cannot read ${file}: ${error.message}`, 'unreadable');
  });
