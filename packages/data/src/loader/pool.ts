import type { Piscina } from 'piscina';

import { DataError } from '../errors.js';
import { type Sample } from '../samples/sample.js';
import { type ReadAnswer, type ReadTask } from './read-task.js';

/** Samples that a thread is asked for at a time. */
const TASKS_AHEAD = 16;

/** Threads that read samples; they start with the first one that is asked for. */
export class ReadingPool {
  private pool: Promise<Piscina> | undefined;

  constructor(private readonly workers: number) {}

  async read(task: ReadTask): Promise<Sample> {
    this.pool ??= this.start();
    const answer = (await (await this.pool).run(task)) as ReadAnswer;
    if ('sample' in answer) return answer.sample;
    const { message, code, values } = answer.fault;
    throw new DataError(message, code, values);
  }

  async close(): Promise<void> {
    const pool = this.pool;
    this.pool = undefined;
    await (await pool)?.destroy();
  }

  private async start(): Promise<Piscina> {
    const { Piscina } = await import('piscina'); // only where there are threads
    return new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: this.workers,
      maxThreads: this.workers,
      // A training keeps this thread busy for a step at a time: the others must know of more than the next sample.
      concurrentTasksPerWorker: TASKS_AHEAD,
    });
  }
}
