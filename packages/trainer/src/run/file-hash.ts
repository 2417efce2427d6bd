import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';

const known = new Map<string, Promise<string>>();

/** SHA-256 of the bytes of a file; computed once for the plans of a benchmark, unless the file changes. */
export function fileHash(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  const version = [dev, ino, size, mtimeNs, ctimeNs].join();
  const hash = known.get(version) ?? read(file);
  known.set(version, hash);
  hash.catch(() => known.delete(version));
  return hash;
}

async function read(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}
