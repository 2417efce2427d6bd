import { open, stat, type FileHandle } from 'node:fs/promises';

/** Whether two files of the disk have the same content; false if one cannot be read. */
export async function sameContent(a: string, b: string): Promise<boolean> {
  const [one, two] = await Promise.all([a, b].map((file) => stat(file, { bigint: true })));
  if (one!.dev === two!.dev && one!.ino === two!.ino) return true;
  if (one!.size !== two!.size) return false;
  const handles: FileHandle[] = [];
  try {
    for (const file of [a, b]) handles.push(await open(file));
    return await sameBytes(handles[0]!, handles[1]!);
  } catch {
    return false; // who reads the file for its labels says why it cannot be read
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

const CHUNK = 65_536;

async function sameBytes(a: FileHandle, b: FileHandle): Promise<boolean> {
  const [one, two] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
  for (let at = 0; ; at += CHUNK) {
    const { bytesRead } = await a.read(one, 0, CHUNK, at);
    await b.read(two, 0, CHUNK, at);
    if (!one.subarray(0, bytesRead).equals(two.subarray(0, bytesRead))) return false;
    if (bytesRead < CHUNK) return true;
  }
}
