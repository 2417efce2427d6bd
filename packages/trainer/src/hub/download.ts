import { createHash, type Hash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import { HubError } from './hub-error.js';

/** What a hub says of a file. */
export interface Announced {
  readonly size: number;
  /** SHA-256 of a large file (Git LFS), or Git's SHA-1 of a small one. */
  readonly hash: string;
}

/**
 * Downloads the bytes with a hash to a path. A download that was cut off resumes from its last byte; one of another process is not disturbed.
 *
 * @returns The number of bytes that had been there before.
 * @throws {HubError} If the hub cannot be reached or the bytes are not those that were announced.
 */
export async function download(
  url: string,
  to: string,
  announced: Announced,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const part = `${to}.${hostname()}-${process.pid}.incomplete`;
  adoptPart(to, part);
  const had = sizeOf(part);
  const before = had > announced.size ? 0 : had;
  if (before !== had) rmSync(part);
  if (before < announced.size || announced.size === 0) await append(url, part, before, headers);
  const hash = await contentHash(part, announced);
  if (hash !== announced.hash) {
    const size = sizeOf(part);
    if (size < announced.size) {
      throw new HubError(`${url}: the connection ended after ${size} of ${announced.size} bytes; the same command resumes`, 'offline'); // prettier-ignore
    }
    rmSync(part);
    throw new HubError(`${url}: wanted ${announced.size} bytes with the hash ${announced.hash}, got ${size} bytes with ${hash}; the file was removed, try again`, 'damaged'); // prettier-ignore
  }
  renameSync(part, to);
  return before;
}

/** Whether a file has the content that its hash says. */
export async function isIntact(file: string, hash: string): Promise<boolean> {
  return (await contentHash(file, { hash, size: sizeOf(file) })) === hash;
}

async function append(
  url: string,
  part: string,
  from: number,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const range = from > 0 ? { range: `bytes=${from}-` } : {};
  const response = await fetch(url, { headers: { ...headers, ...range } });
  if (!response.ok || response.body === null) {
    throw new HubError(`${url}: the hub answered ${response.status} ${response.statusText}`, 'failed');
  }
  // A server that knows no ranges sends the file from its beginning.
  const flags = from > 0 && response.status === 206 ? 'a' : 'w';
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(part, { flags }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    // What arrived stays; the size tells that it is not all.
  }
}

/** Takes over what a process left that no longer lives. */
function adoptPart(to: string, part: string): void {
  if (existsSync(part)) return;
  const prefix = `${path.basename(to)}.${hostname()}-`;
  const left = readdirSync(path.dirname(to)).find((name) => {
    const pid = name.startsWith(prefix) && /^(\d+)\.incomplete$/.exec(name.slice(prefix.length))?.[1];
    return pid && !lives(Number(pid));
  });
  if (left === undefined) return;
  try {
    renameSync(path.join(path.dirname(to), left), part);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // another process was faster
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** SHA-256 for a hash of 64 digits; for one of 40 Git's SHA-1 of a blob. */
async function contentHash(file: string, { hash, size }: Announced): Promise<string> {
  if (!existsSync(file)) return '';
  const sum: Hash = createHash(hash.length === 64 ? 'sha256' : 'sha1');
  if (hash.length !== 64) sum.update(`blob ${size}\0`);
  for await (const bytes of createReadStream(file)) sum.update(bytes as Buffer);
  return sum.digest('hex');
}
