import { setTimeout as sleep } from 'node:timers/promises';

import type { Queue } from 'bullmq';
import { parseEvent, runState } from '@segloss/trainer';

import type { Benchmark, PlannedCell } from '../../plan.js';
import type { Outcome } from '../../train-cell.js';
import type { ExecutorOptions } from '../local.js';
import { jobIdOf, jobOf, outcomeOf, QUEUE_NAME } from './jobs.js';
import { ConnectionNotes, type QueueServer } from './server.js';

/** Options of {@link trainOnQueue}. */
export interface FollowOptions extends ExecutorOptions {
  readonly server: QueueServer;
  readonly benchmark: Pick<Benchmark, 'name' | 'folder'>;
  /** Whether jobs that no worker has begun are taken out of the queue after the signal. */
  readonly withdraw: () => boolean;
  readonly say: (text: string) => void;
}

/** Jobs in one message to the server. */
const CHUNK = 1000;
/** Between two looks at all jobs whose end has not been reported: at least, and for each of them. Events may get lost. */
const LOOK = { milliseconds: 5_000, each: 2 };
/** How long the folder of a run that a worker has finished may take to show it here, as on a network file system. */
const VISIBLE = { milliseconds: 500, times: 120 };

/**
 * Puts cells into a queue, and reports what becomes of them until all have ended. The trainings do not depend on this process: after the signal,
 * the jobs stay where they are.
 */
export async function trainOnQueue(cells: readonly PlannedCell[], options: FollowOptions): Promise<void> {
  const { server, signal, say } = options;
  const notes = new ConnectionNotes(server.name, say);
  const settings = { connection: server.connection };
  const queue = new server.Queue(QUEUE_NAME, settings);
  const events = new server.QueueEvents(QUEUE_NAME, settings);
  const follower = new Follower(cells, queue, options);
  queue.on('error', (error) => notes.error(error));
  events.on('error', (error) => notes.error(error));
  events.on('progress', ({ jobId, data }) => follower.progress(jobId, data));
  events.on('completed', ({ jobId }) => follower.completed(jobId));
  events.on('failed', ({ jobId, failedReason }) => follower.ended(jobId, outcomeOf(failedReason)));
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })); // prettier-ignore
  try {
    await Promise.race([events.waitUntilReady(), stopped]);
    await Promise.race([follower.enqueue(), stopped]);
    await Promise.race([follower.follow(notes), stopped]);
    if (signal.aborted && options.withdraw()) await Promise.race([follower.withdraw(), sleep(5000)]);
  } finally {
    await Promise.race([Promise.allSettled([events.close(), queue.close()]), sleep(2000)]);
  }
}

/** The jobs of one benchmark that have not ended. */
class Follower {
  private readonly open: Map<string, PlannedCell>;
  /** Runs whose end was reported, and whose folders are looked at. */
  private readonly ending = new Set<Promise<void>>();

  constructor(
    cells: readonly PlannedCell[],
    private readonly queue: Queue,
    private readonly options: FollowOptions,
  ) {
    this.open = new Map(cells.map((cell) => [jobIdOf(cell), cell]));
  }

  /** Adds the jobs that are not in the queue; those that failed before are added anew. */
  async enqueue(): Promise<void> {
    for (let start = 0; ;) {
      const failed = await this.queue.getFailed(start, start + CHUNK - 1);
      const own = failed.filter(({ id }) => this.open.has(id!));
      await Promise.all(own.map((job) => job.remove()));
      if (failed.length < CHUNK) break;
      start += failed.length - own.length;
    }
    await this.add([...this.open.values()]);
    const { length } = await this.queue.getWorkers();
    const { say, server, signal } = this.options;
    if (length === 0 && !signal.aborted)
      say(`no worker is connected to ${server.name}; start some: segloss worker --queue ADDRESS`);
  }

  progress(jobId: string, data: unknown): void {
    const cell = this.open.get(jobId);
    if (cell === undefined || typeof data !== 'string') return;
    try {
      this.options.onEvent(cell, parseEvent(data));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // a worker of another version: what it trains counts, not what it says
    }
  }

  /** A worker reports that a run has finished. */
  completed(jobId: string): void {
    const cell = this.open.get(jobId);
    if (cell === undefined) return;
    this.open.delete(jobId);
    const end = this.awaitFolder(cell).finally(() => this.ending.delete(end));
    this.ending.add(end);
  }

  private async awaitFolder(cell: PlannedCell): Promise<void> {
    const isVisible = () => runState(cell.folder) === 'finished';
    for (let i = 0; i < VISIBLE.times && !isVisible() && !this.options.signal.aborted; i++)
      await sleep(VISIBLE.milliseconds);
    this.options.onEnd(cell, isVisible() ? { status: 'finished' } : unshared(cell));
  }

  ended(jobId: string, outcome: Outcome): void {
    const cell = this.open.get(jobId);
    if (cell === undefined) return;
    this.open.delete(jobId);
    this.options.onEnd(cell, outcome);
  }

  /** Waits until every job has ended. Looks at them now and then: a server may have been started again without what it knew. */
  async follow(notes: ConnectionNotes): Promise<void> {
    const { signal } = this.options;
    let looked = Date.now();
    while (this.open.size > 0 && !signal.aborted) {
      await sleep(200);
      if (Date.now() - looked < LOOK.milliseconds + LOOK.each * this.open.size) continue;
      try {
        await this.look();
        notes.answered();
      } catch (error) {
        notes.error(error as Error); // the server has gone, and the next look may find it again
      }
      looked = Date.now();
    }
    await Promise.all(this.ending);
  }

  /** Takes jobs out of the queue that no worker has begun. */
  async withdraw(): Promise<void> {
    await Promise.allSettled([...this.open.keys()].map((id) => this.queue.remove(id)));
  }

  private async look(): Promise<void> {
    const ids = [...this.open.keys()];
    const lost: PlannedCell[] = [];
    for (let start = 0; start < ids.length; start += CHUNK) {
      const some = ids.slice(start, start + CHUNK);
      const states = await Promise.all(some.map((id) => this.queue.getJobState(id)));
      for (const [i, id] of some.entries()) {
        const cell = this.open.get(id);
        if (cell === undefined) continue; // ended meanwhile
        if (states[i] === 'failed') this.ended(id, outcomeOf((await this.queue.getJob(id))?.failedReason ?? 'failed')); // prettier-ignore
        if (states[i] !== 'unknown' && states[i] !== 'completed') continue;
        if (runState(cell.folder) === 'finished') this.completed(id);
        else lost.push(cell);
      }
    }
    if (lost.length > 0) await this.add(lost);
  }

  private async add(cells: readonly PlannedCell[]): Promise<void> {
    const { benchmark, signal } = this.options;
    for (let start = 0; start < cells.length && !signal.aborted; start += CHUNK) {
      await this.queue.addBulk(cells.slice(start, start + CHUNK).map((cell) => jobOf(cell, benchmark)));
    }
  }
}

function unshared({ folder }: PlannedCell): Outcome {
  const message = `a worker has finished this run, but ${folder} does not show it: do all machines see the same folder under this path?`;
  return { status: 'failed', error: { name: 'Error', message } };
}
