import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { RunError } from './run-error.js';
import { DeathWatch, isListening } from './death-watch.js';
import { fateOf, newToken, onOneKernel, ownIdentity, type ProcessIdentity } from './process-identity.js';

/** Milliseconds between two heartbeats of an owner, and without one until it counts as dead. */
export interface LeaseTimes {
  readonly beat: number;
  readonly stale: number;
}

const TIMES: LeaseTimes = { beat: 5_000, stale: 60_000 };

/** Receives what is waited for. */
export type OnWait = (text: string) => void;
const silent: OnWait = () => undefined;

/** What the file of a lease says. */
interface LeaseContent extends ProcessIdentity {
  readonly token: string;
  /** ISO 8601, as long at every time: it is written over in place. */
  readonly heartbeat: string;
}

/**
 * The right to write into a folder, held by one process at a time: on one host, in containers that share it, and on hosts that share a
 * disk. The file names its owner. Another process takes it over only where the owner is certainly dead (same kernel: the process, or the
 * socket that it listens on, is gone) or has not written its heartbeat for a minute.
 */
export class Lease {
  private constructor(
    private readonly file: string,
    private readonly token: string,
    private readonly end: () => void,
  ) {}

  /**
   * Takes the lease.
   *
   * @param file In a folder that exists.
   * @throws {RunError} If another process holds it.
   */
  static async acquire(file: string, times: LeaseTimes = TIMES, onWait = silent): Promise<Lease> {
    const token = newToken();
    const watch = await DeathWatch.open(socketOf(file, token));
    const draft = `${file}.${token}.tmp`;
    const content: LeaseContent = { ...ownIdentity(), token, heartbeat: new Date().toISOString() };
    const text = `${JSON.stringify(content, null, 2)}\n`;
    const handle = openSync(draft, 'wx');
    try {
      writeSync(handle, text);
      fsyncSync(handle);
      while (!publish(draft, file, text)) await makeWay(file, times, onWait, draft);
    } catch (error) {
      closeSync(handle);
      watch.close();
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const beating = beat(file, Buffer.from(text).indexOf(content.heartbeat), times.beat);
    closeSync(handle);
    return new Lease(file, token, () => {
      beating();
      watch.close();
    });
  }

  /**
   * Makes sure that this process still holds the lease; to be called before each write.
   *
   * @throws {RunError} If another process has taken it over, as after a long suspension.
   */
  check(): void {
    const owner = read(this.file);
    if (owner?.token === this.token) return;
    const now = owner === undefined ? 'its lock was removed' : `it is now trained by ${describe(owner)}`;
    throw new RunError(
      `${path.dirname(this.file)}: this process lost the run, ${now}; nothing more is written`,
      'busy',
    );
  }

  /** Whether a file next to the lease belongs to it. */
  owns(name: string): boolean {
    return name.includes(this.token);
  }

  /** Gives the lease back, if it is still held. */
  release(): void {
    this.end();
    if (read(this.file)?.token === this.token) rmSync(this.file, { force: true });
  }
}

/** Throws if a process that may be alive holds the lease. */
export async function refuseWhileHeld(
  file: string,
  times: LeaseTimes = TIMES,
  onWait = silent,
): Promise<void> {
  if (exists(file)) await makeWay(file, times, onWait);
}

/** Puts the complete file in its place, unless there is one. */
function publish(draft: string, file: string, text: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A network file system may have made the link, lost the answer, and tried again.
    if (code === 'EEXIST') return read(file)?.token === (JSON.parse(text) as LeaseContent).token;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(code ?? '')) throw error;
  }
  // A file system without hard links. For a moment the file is empty; a reader takes that for a young lease.
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, text);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lease of an owner that is dead. @throws {RunError} If it may be alive. */
async function makeWay(file: string, times: LeaseTimes, onWait: OnWait, draft?: string): Promise<void> {
  const owner = read(file);
  const fate = owner === undefined ? 'unknown' : await fateOfOwner(file, owner);
  const who = owner === undefined ? 'another process' : describe(owner);
  const wait = (seconds: number) => onWait(`${path.dirname(file)} was last trained by ${who}: watching for ${seconds} s whether it is alive`); // prettier-ignore
  if (fate === 'dead' || (fate === 'unknown' && (await isSilent(file, times, wait, draft))))
    return takeAway(file, owner?.token);
  if (!exists(file)) return;
  const hint = fate === 'alive' ? 'wait for it, or end it' : `wait for it, or end it; a dead process is noticed ${times.stale / 1000} s after its last heartbeat`; // prettier-ignore
  throw new RunError(`${path.dirname(file)} is being trained by ${who}; ${hint}`, 'busy');
}

async function fateOfOwner(file: string, owner: LeaseContent): Promise<ReturnType<typeof fateOf>> {
  const own = ownIdentity();
  const fate = fateOf(owner, own);
  if (fate !== 'unknown' || !onOneKernel(owner, own)) return fate;
  return isListening(socketOf(file, owner.token)); // in another container of this machine
}

/**
 * Whether the heartbeat is old, and stays as it is for some beats. Clocks of hosts differ: both the time that the owner wrote and that of its
 * file say how old it is, and one of a wrong clock, in the future, is believed to be alive only if it changes.
 *
 * @param draft A file that was written just now on the same disk, whose clock is that of the file too.
 */
async function isSilent(
  file: string,
  { beat, stale }: LeaseTimes,
  onWait: (seconds: number) => void,
  draft = file,
): Promise<boolean> {
  const before = pulse(file);
  if (before === undefined) return true;
  const modified = statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? before.modified;
  const ages = [Date.now() - before.said, modified - before.modified];
  const isOld = ages.some((age) => age >= stale);
  const isAhead = ages.some((age) => age <= -stale);
  if (!isOld && !isAhead) return false;
  const time = isOld ? 3 * beat : stale;
  onWait(time / 1000);
  for (let waited = 0; waited < time; waited += beat) {
    await sleep(beat);
    const after = pulse(file);
    if (after === undefined) return true;
    if (after.text !== before.text) return false;
  }
  return true;
}

/** What a lease says now: the time that its owner wrote, and that of the file. */
function pulse(file: string): { said: number; modified: number; text: string } | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const modified = statSync(file).mtimeMs;
    const said = Date.parse(read(file)?.heartbeat ?? '');
    return { text, modified, said: Number.isNaN(said) ? modified : said };
  } catch {
    return undefined;
  }
}

/** Removes the lease of this token only: another process may have been faster, and hold it now. */
function takeAway(file: string, token: string | undefined): void {
  const aside = `${file}.${newToken()}.tmp`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside)?.token !== token) {
    try {
      linkSync(aside, file);
    } catch {
      // A third process has taken it; the one in between notices with its next write.
    }
  } else if (token !== undefined) rmSync(socketOf(file, token), { force: true });
  rmSync(aside, { force: true });
}

/** Writes the time into the file in a thread of its own, for the training may keep this one busy. Returns what ends that. */
function beat(file: string, at: number, every: number): () => void {
  const handle = openSync(file, 'r+'); // of this very file: never writes into that of a successor
  const code = `
    const { workerData: { handle, at, every } } = require('node:worker_threads');
    const { fsyncSync, writeSync } = require('node:fs');
    setInterval(() => {
      try {
        writeSync(handle, new Date().toISOString(), at);
        fsyncSync(handle); // a network file system may else keep it for half a minute
      } catch {} // a disk that is away for a while: the next beat tries again
    }, every);`;
  const thread = new Worker(code, { eval: true, execArgv: [], workerData: { handle, at, every } });
  thread.on('error', () => undefined);
  thread.unref();
  return () => void thread.terminate().finally(() => closeSync(handle));
}

function read(file: string): LeaseContent | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof (content as Partial<LeaseContent> | null)?.token === 'string'
      ? (content as LeaseContent)
      : undefined;
  } catch {
    return undefined;
  }
}

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;
const describe = ({ pid, host }: ProcessIdentity): string => `process ${pid} on ${host}`;
const socketOf = (file: string, token: string): string => `${file}.${token}.sock`;
