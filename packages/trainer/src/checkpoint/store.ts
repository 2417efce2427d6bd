import {
  copyFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

import { DRAFT, namingFile } from '../logs/files.js';
import { CheckpointError, type CheckpointContent } from '../loop/checkpoint.js';
import { decodeChecked, encodeChecked } from './safetensors.js';

/** Names of the checkpoints in a folder. */
export type CheckpointName = 'last' | 'previous' | 'best';

/** The file of a checkpoint. */
export function checkpointFile(folder: string, name: CheckpointName): string {
  return path.join(folder, `${name}.safetensors`);
}

/**
 * Writes a checkpoint beside and renames it, so that a file of this name is always whole; `last` also becomes `previous`.
 *
 * @param mayPublish Is called when the draft is complete; what it throws leaves the older checkpoints in place.
 * @throws What the file system throws; the older checkpoints stand.
 */
export function writeCheckpoint(
  folder: string,
  name: 'last' | 'best',
  content: CheckpointContent,
  mayPublish: () => void = () => undefined,
): void {
  mkdirSync(folder, { recursive: true });
  const file = checkpointFile(folder, name);
  const temporary = `${file}.${DRAFT}.tmp`;
  try {
    namingFile(file, () => writeWhole(temporary, encodeChecked(content)));
    mayPublish();
    if (name === 'last' && existsSync(file)) keepAsPrevious(folder);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Reads a checkpoint.
 *
 * @throws {CheckpointError} If there is none or it is damaged; the message names the file.
 */
export function readCheckpoint(folder: string, name: CheckpointName): CheckpointContent {
  const file = checkpointFile(folder, name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new CheckpointError(`cannot read the checkpoint ${file}: ${(error as Error).message}`);
  }
  try {
    return decodeChecked(bytes);
  } catch (error) {
    throw new CheckpointError(`the checkpoint ${file} is damaged: ${(error as Error).message}`);
  }
}

/**
 * The checkpoint to go on from: the last, or if that is damaged the one before.
 *
 * @param say Is told what is wrong with a checkpoint that is passed over.
 * @returns Undefined if nothing was saved yet.
 * @throws {CheckpointError} If checkpoints are there and none is whole.
 */
export function newestCheckpoint(folder: string, say: (text: string) => void): CheckpointContent | undefined {
  removeDrafts(folder);
  const names = (['last', 'previous'] as const).filter((name) => existsSync(checkpointFile(folder, name)));
  const faults: string[] = [];
  for (const name of names) {
    try {
      const found = readCheckpoint(folder, name);
      if (faults.length > 0) say(`${faults.join('; ')}; going on from ${checkpointFile(folder, name)}`);
      return found;
    } catch (error) {
      faults.push((error as Error).message);
    }
  }
  if (names.length === 0) return undefined;
  throw new CheckpointError(`${faults.join('; ')}; remove the folder to train anew`);
}

/** What a process left that was killed while it wrote. */
function removeDrafts(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.tmp')) rmSync(path.join(folder, name), { force: true });
  }
}

function writeWhole(file: string, bytes: Buffer): void {
  const descriptor = openSync(file, 'w');
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** There is a `last` at every moment: it gets a second name before the new one takes its own. */
function keepAsPrevious(folder: string): void {
  const last = checkpointFile(folder, 'last');
  const temporary = `${checkpointFile(folder, 'previous')}.${DRAFT}.tmp`;
  rmSync(temporary, { force: true });
  try {
    linkSync(last, temporary);
  } catch {
    copyFileSync(last, temporary); // a file system without hard links
  }
  renameSync(temporary, checkpointFile(folder, 'previous'));
}
