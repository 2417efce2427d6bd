import { availableParallelism } from 'node:os';

import { TrainingProcess } from './training-process.js';

/** Bytes that a training needs, until one has shown how many. */
const FIRST_GUESS = 400 * 2 ** 20;

/** Child processes for trainings: as many as there are cores and memory for, or as many as the user decides. */
export class TrainingPool {
  private readonly processes = new Set<TrainingProcess>();
  private limit: number;
  private largest = 0;

  /** @param jobs The user's decision, whatever the memory. */
  constructor(private readonly jobs: number | undefined) {
    this.limit = jobs ?? availableParallelism();
  }

  get size(): number {
    return this.processes.size;
  }

  /** Whether there are more processes than there may be, since one ran out of memory. */
  get isTooLarge(): boolean {
    return this.size > this.limit;
  }

  /** Whether one more may start: there is memory for it after all that have started have grown. */
  hasRoom(): boolean {
    if (this.size >= this.limit) return false;
    if (this.jobs !== undefined || this.size === 0) return true;
    for (const { memory } of this.processes) this.largest = Math.max(this.largest, memory ?? 0);
    const growing = [...this.processes].filter(({ memory }) => memory === undefined).length;
    return process.availableMemory() > (this.largest || FIRST_GUESS) * (growing + 1);
  }

  start(): TrainingProcess {
    const started: TrainingProcess = new TrainingProcess((killed) => {
      this.processes.delete(started);
      if (killed) this.limit = Math.max(1, this.size);
    });
    this.processes.add(started);
    return started;
  }

  /** Ends all: trainings save first. */
  stop(): void {
    for (const one of this.processes) one.stop();
  }
}
