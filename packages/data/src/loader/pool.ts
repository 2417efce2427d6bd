import type { Piscina } from 'piscina';

import { DataError } from '../errors.js';
import { type Sample } from '../samples/sample.js';
import { type ReadAnswer, type ReadTask } from './read-task.js';

/** Samples that a thread is asked for at a time. */
const TASKS_AHEAD = 16;

/** Samples of each thread with which it is busy. */
const BUSY = 3;

/** Threads that read samples, for one loader or several; see {@link readingThreads}. */
export interface ReadingThreads {
  readonly count: number;
  /** Ends them; they start again when something is read. */
  close(): Promise<void>;
}

export class ReadingPool implements ReadingThreads {
  private pool: Promise<Piscina> | undefined;
  private underWay = 0;

  /** @param count Threads, 1 or more. */
  constructor(readonly count: number) {}

  /** Starts them, unless they run: that takes some tenths of a second, in which this thread can do other things. */
  start(): void {
    this.pool ??= startPool(this.count);
    this.pool.catch(() => undefined); // whoever reads receives the error
  }

  /** Whether all have enough to do for a while. */
  get busy(): boolean {
    return this.underWay >= BUSY * this.count;
  }

  async read(task: ReadTask): Promise<Sample> {
    const answer = await this.answer(task);
    if ('sample' in answer) return answer.sample;
    const { message, code, values } = answer.fault;
    throw new DataError(message, code, values);
  }

  private async answer(task: ReadTask): Promise<ReadAnswer> {
    this.start();
    this.underWay++;
    try {
      return (await (await this.pool!).run(task)) as ReadAnswer;
    } finally {
      this.underWay--;
    }
  }

  async close(): Promise<void> {
    const pool = this.pool;
    this.pool = undefined;
    await (await pool?.catch(() => undefined))?.destroy(); // what could not start needs no end
  }
}

/**
 * Starts threads that several loaders share: pass them as `workers`, and close them when all loaders are done.
 *
 * @param count 1 or more.
 * @throws {RangeError} If `count` is not a positive integer.
 *
 * @example
 * ```ts
 * const { train, val } = syntheticDataset({ size: 8, train: 3, val: 1 });
 * const workers = readingThreads(1);
 * const loaders = [train, val].map((sources) => loader(sources, { workers }));
 * await workers.close();
 * loaders.length; // → 2
 * ```
 */
export function readingThreads(count: number): ReadingThreads {
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`readingThreads: wanted a whole number of threads from 1 on, got ${String(count)}`);
  }
  const threads = new ReadingPool(count);
  threads.start();
  return threads;
}

async function startPool(threads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina'); // only where there are threads
  return new Piscina({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    // A training keeps this thread busy for a step at a time: the others must know of more than the next sample.
    concurrentTasksPerWorker: TASKS_AHEAD,
  });
}
