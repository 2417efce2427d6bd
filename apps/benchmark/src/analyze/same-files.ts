import { open, stat, type FileHandle } from 'node:fs/promises';

/** A folder of masks under the name that the report gives it, with its files by case. */
export interface NamedFiles {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Returns a warning for each two inputs that have the same content in all cases that they share: a folder given twice, links to the truth, or
 * a copy of it. The comparison ends at the first file that differs.
 *
 * @param runs Predictions, by the ids of the truth. @param truth The true masks, where they are files of their own.
 */
export async function sameInputs(runs: readonly NamedFiles[], truth?: NamedFiles): Promise<string[]> {
  const warnings: string[] = [];
  for (const [i, run] of runs.entries()) {
    const others = [...(truth ? [truth] : []), ...runs.slice(0, i)];
    for (const other of others) {
      const shared = [...run.files].filter(([id]) => other.files.has(id));
      if (!(await allSame(shared.map(([id, file]) => [file, other.files.get(id)!])))) continue;
      const what =
        other === truth
          ? `the predictions of ${run.name} and the true masks`
          : `${other.name} and ${run.name}`;
      const cases = shared.length > 1 ? ` in all ${shared.length} cases` : '';
      warnings.push(
        `warning: ${what} are the same files, or copies of them${cases}; check the paths that were given`,
      );
      break;
    }
  }
  return warnings;
}

async function allSame(pairs: readonly (readonly [string, string])[]): Promise<boolean> {
  for (const [a, b] of pairs) if (!(await sameContent(a, b))) return false;
  return pairs.length > 0;
}

async function sameContent(a: string, b: string): Promise<boolean> {
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
