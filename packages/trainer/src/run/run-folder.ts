import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

import { isComplete } from '../checkpoint/safetensors.js';
import { checkpointFile } from '../checkpoint/store.js';
import { replaceDurably } from '../logs/files.js';
import { fromJson, toJson } from '../logs/json.js';
import { Lease, refuseWhileHeld, type OnWait } from './lease.js';

/** How a run ended, or that it has not, in its file `STATUS`. */
export type RunStatus = 'running' | 'finished' | 'interrupted' | 'diverged' | 'failed';

/** What a finished run has besides its checkpoints. */
const FINISHED_FILES = [
  'config.resolved.yaml',
  'dataset.json',
  'metrics.jsonl',
  'scores.json',
  'examples.json',
  'summary.json',
];

/** The files of a run, in a folder of its own. */
export class RunFolder {
  private held: Lease | undefined;

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

  /**
   * Lists the files that a finished run has and this one lacks: missing, empty, or checkpoints that were cut short. Reads no more than headers.
   */
  get incomplete(): string[] {
    const files = FINISHED_FILES.filter(
      (name) => !((statSync(this.file(name), { throwIfNoEntry: false })?.size ?? 0) > 0),
    );
    const checkpoints = (['last', 'best'] as const)
      .map((name) => checkpointFile(this.checkpoints, name))
      .filter((file) => !isComplete(file));
    return [...files, ...checkpoints.map((file) => path.relative(this.folder, file))];
  }

  /** Whether there is a checkpoint to resume from. */
  get resumable(): boolean {
    return (['last', 'previous'] as const).some((name) => existsSync(checkpointFile(this.checkpoints, name)));
  }

  setStatus(status: RunStatus): void {
    this.write('STATUS', `${status}\n`);
  }

  write(name: string, content: string | object): void {
    const text = typeof content === 'string' ? content : `${toJson(content, 2)}\n`;
    replaceDurably(this.file(name), Buffer.from(text), () => this.held?.check());
  }

  /** Like {@link read}; undefined where the file is missing or damaged. */
  find<T>(name: string): T | undefined {
    try {
      return this.read<T>(name);
    } catch {
      return undefined;
    }
  }

  /** The content of a JSON file, in which null is NaN. */
  read<T>(name: string): T {
    return fromJson(readFileSync(this.file(name), 'utf8')) as T;
  }

  /**
   * Moves what is there to another folder.
   *
   * @returns Its path; undefined where nothing is there.
   * @throws {RunError} If another process trains the run.
   */
  async putAside(onWait?: OnWait): Promise<string | undefined> {
    if (!existsSync(this.folder)) return undefined;
    await refuseWhileHeld(this.file(LOCK), undefined, onWait);
    let n = 1;
    while (existsSync(`${this.folder}.old-${n}`)) n++;
    const aside = `${this.folder}.old-${n}`;
    renameSync(this.folder, aside);
    return aside;
  }

  private isOlder(name: string, time: number): boolean {
    return (statSync(this.file(name), { throwIfNoEntry: false })?.mtimeMs ?? 0) < time;
  }

  /**
   * Makes the folder, takes its lease, and removes the drafts that a killed process left.
   *
   * @throws {RunError} If another process trains this run.
   */
  async lease(onWait?: OnWait): Promise<Lease> {
    mkdirSync(this.folder, { recursive: true });
    const lease = await Lease.acquire(this.file(LOCK), undefined, onWait);
    this.held = lease;
    const old = Date.now() - 60_000; // a younger draft of the lock may be that of a process that asks for it now
    for (const name of readdirSync(this.folder)) {
      // Whoever wrote another draft has lost the run: without it, nothing of that process can be published any more.
      const left = /\.new$/.test(name) || (/^lock\..*\.(tmp|sock)$/.test(name) && !lease.owns(name) && this.isOlder(name, old)); // prettier-ignore
      if (left) rmSync(this.file(name), { force: true });
    }
    return lease;
  }
}

const LOCK = 'lock';

/**
 * Moves the folder of a run to another name, `FOLDER.old-N`, so that the run is trained anew.
 *
 * @returns The new path; undefined where nothing is there.
 * @throws {RunError} If another process trains the run.
 *
 * @example
 * ```ts
 * await putRunAside('no-such-folder'); // → undefined
 * ```
 */
export const putRunAside = (folder: string): Promise<string | undefined> => new RunFolder(folder).putAside();
