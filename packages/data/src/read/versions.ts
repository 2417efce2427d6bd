import { stat } from 'node:fs/promises';

/** What tells that a file was changed: its path, size and time of the last change, of each file. */
export async function versionOf(files: readonly string[]): Promise<string> {
  const versions = await Promise.all(
    files.map(async (path) => {
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: -1, mtimeMs: 0 })); // reading it will say why
      return `${path}:${size}:${mtimeMs}`;
    }),
  );
  return versions.join('|');
}
