import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { namingFile } from '../logs/files.js';

/** Lists what was written, in the format of `sha256sum`. */
const LIST = 'segloss-output.sha256';

/** Options of {@link OutputFolder}. */
export interface OutputOptions {
  /** Folders and files that the command reads. Nothing is written into such a folder, nor anywhere below it. */
  reads: readonly string[];
  /** Also replaces files that were not written by segloss, or were changed since. Default false. */
  overwrite?: boolean;
  /** What to do where a file is in the way, for the error. Default: choose another folder, or pass --overwrite. */
  remedy?: string;
}

/**
 * Output would go over input, or over a file that segloss did not write.
 *
 * @example
 * ```ts
 * new OutputError('images: is read').name; // → "OutputError"
 * ```
 */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/**
 * A folder that a command writes files into, without harm to what is there: it is never a folder that the command reads from, and files
 * that segloss did not write stay as they are. `segloss-output.sha256` in the folder lists what was written.
 *
 * @example
 * ```ts
 * const { mkdtempSync, writeFileSync } = await import('node:fs');
 * const folder = mkdtempSync((await import('node:os')).tmpdir() + '/segloss-');
 * writeFileSync(`${folder}/mine.txt`, 'mine');
 * const out = new OutputFolder(folder, { reads: [] });
 * out.write('theirs.txt', Buffer.from('1'));
 * out.write('theirs.txt', Buffer.from('2')); // its own file
 * const refused = [() => out.check(['mine.txt']), () => new OutputFolder(folder, { reads: [folder] })].map((attempt) => {
 *   try {
 *     attempt();
 *   } catch (error) {
 *     return error.name;
 *   }
 * });
 * refused; // → ["OutputError","OutputError"]
 * ```
 */
export class OutputFolder {
  private readonly written: Map<string, string>;
  private readonly reads: ReadonlySet<string>;

  /** @throws {OutputError} If the folder is one of those that are read, or lies in one. */
  constructor(
    readonly folder: string,
    private readonly options: OutputOptions,
  ) {
    refuseInside(folder, options.reads);
    this.reads = new Set(options.reads.map(identityOf));
    this.written = readList(path.join(folder, LIST));
  }

  /**
   * Makes sure that files may be written, before any work is done for them.
   *
   * @throws {OutputError} If one is an input, or is there and not segloss's own.
   */
  check(names: readonly string[]): void {
    const files = names.map((name) => path.join(this.folder, name));
    const input = files.find((file) => this.reads.has(identityOf(file)));
    if (input !== undefined) {
      throw new OutputError(
        `${input}: the output would replace a file that is read; choose another folder for the output`,
      );
    }
    const foreign = this.options.overwrite ? [] : names.filter((name) => !this.mayReplace(name));
    if (foreign.length === 0) return;
    const more = foreign.length > 1 ? ` and ${foreign.length - 1} more` : '';
    throw new OutputError(
      `${path.join(this.folder, foreign[0]!)}${more}: there already, and not written by segloss or changed since; ${
        this.options.remedy ?? 'choose another folder, or pass --overwrite (overwrite: true) to replace it'
      }`,
    );
  }

  /**
   * Writes a file: a reader sees the old or the new one, never a part.
   *
   * @returns Its path. @throws {OutputError} See {@link check}.
   */
  write(name: string, bytes: Uint8Array): string {
    this.check([name]);
    const file = path.join(this.folder, name);
    const hash = sha256(bytes);
    const draft = `${file}.new`;
    try {
      namingFile(file, () => {
        mkdirSync(path.dirname(file), { recursive: true });
        appendFileSync(path.join(this.folder, LIST), `${hash}  ${name}\n`);
        writeFileSync(draft, bytes);
        renameSync(draft, file);
      });
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
    this.written.set(name, hash);
    return file;
  }

  /** Whether nothing is there, or what was written here and not changed since. */
  private mayReplace(name: string): boolean {
    const file = path.join(this.folder, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined || (stat.isFile() && this.written.get(name) === sha256(readFileSync(file)));
  }
}

/**
 * Makes sure that a folder for output is none that is read, and lies in none: by whatever links, as inodes are compared.
 *
 * @throws {OutputError} Otherwise.
 */
export function refuseInside(folder: string, reads: readonly string[]): void {
  const named = new Map(reads.map((one) => [identityOf(one), one]));
  const input = withParents(folder)
    .map((one) => named.get(identityOf(one)))
    .find((one) => one !== undefined);
  if (input === undefined) return;
  const where =
    identityOf(folder) === identityOf(input)
      ? 'the output would go into a folder that is read'
      : `lies in ${input}, which is read`;
  throw new OutputError(`${folder}: ${where}; choose another folder for the output`);
}

/** The folder and those above it, where links really lead. */
function withParents(folder: string): string[] {
  const all: string[] = [];
  for (let one = realPath(folder); ; one = path.dirname(one)) {
    all.push(one);
    if (path.dirname(one) === one) return all;
  }
}

/** The path without links; of a path that is not there yet, as far as it is. */
function realPath(file: string): string {
  const full = path.resolve(file);
  const parent = path.dirname(full);
  if (existsSync(full)) return realpathSync(full);
  return parent === full ? full : path.join(realPath(parent), path.basename(full));
}

/** The last hash of each name. */
function readList(file: string): Map<string, string> {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)] as const));
  } catch {
    return new Map();
  }
}

/** Equal for two paths that lead to one file or folder, by whatever links. */
function identityOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? path.resolve(file) : `${stat.dev}:${stat.ino}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
