import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
  closeSync,
} from 'node:fs';
import path from 'node:path';

import { replaceDurably } from '../logs/files.js';
import { fromJson, toJson } from '../logs/json.js';

/** How a run stands, in its file `STATUS`. */
export type RunStatus = 'running' | 'finished' | 'interrupted' | 'diverged' | 'failed';

/**
 * The run is in use, or the folder is none of a run.
 *
 * @example
 * ```ts
 * await openRun('no-such-run').catch((error) => error.name); // → "RunError"
 * ```
 */
export class RunError extends Error {
  override readonly name = 'RunError';
}

/** The files of a run, in a folder of its own. */
export class RunFolder {
  constructor(readonly folder: string) {}

  get checkpoints(): string {
    return path.join(this.folder, 'checkpoints');
  }

  get metrics(): string {
    return this.file('metrics.jsonl');
  }

  get scores(): string {
    return this.file('scores.json');
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Undefined where nothing was run yet. */
  get status(): RunStatus | undefined {
    const file = this.file('STATUS');
    return existsSync(file) ? (readFileSync(file, 'utf8').trim() as RunStatus) : undefined;
  }

  setStatus(status: RunStatus): void {
    this.write('STATUS', `${status}\n`);
  }

  write(name: string, content: string | object): void {
    const text = typeof content === 'string' ? content : `${toJson(content, 2)}\n`;
    replaceDurably(this.file(name), Buffer.from(text));
  }

  /** The content of a JSON file, in which null is NaN. */
  read<T>(name: string): T {
    return fromJson(readFileSync(this.file(name), 'utf8')) as T;
  }

  /** Puts what is there aside, under a name that says so, and says where. @throws {RunError} If another process trains it. */
  putAside(): string | undefined {
    if (!existsSync(this.folder)) return undefined;
    this.removeStaleLock();
    let n = 1;
    while (existsSync(`${this.folder}.old-${n}`)) n++;
    const aside = `${this.folder}.old-${n}`;
    renameSync(this.folder, aside);
    return aside;
  }

  /**
   * Makes the folder, and keeps other processes out until the function that it returns is called.
   *
   * @throws {RunError} If another process trains this run.
   */
  lock(): () => void {
    mkdirSync(this.folder, { recursive: true });
    this.removeStaleLock();
    const descriptor = openSync(this.file('lock'), 'wx');
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return () => rmSync(this.file('lock'), { force: true });
  }

  /** The lock of a process that is no more does not count. */
  private removeStaleLock(): void {
    const file = this.file('lock');
    if (!existsSync(file)) return;
    const owner = Number(readFileSync(file, 'utf8'));
    if (isAlive(owner)) {
      throw new RunError(`${this.folder} is being trained by process ${owner}; wait for it, or end it`);
    }
    rmSync(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
