import { statSync } from 'node:fs';

/**
 * What tells that a file was changed: its path, size and time of the last change, of each file. Looked up at once: otherwise a reading thread
 * would be asked for the next sample only after the step of a training that this thread is busy with.
 */
export function versionOf(files: readonly string[]): string {
  return files.map((path) => `${path}:${statOf(path)}`).join('|');
}

function statOf(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size}:${mtimeMs}`;
  } catch {
    return 'none'; // reading it will say why
  }
}
