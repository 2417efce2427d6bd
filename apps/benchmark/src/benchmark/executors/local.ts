import { setTimeout as sleep } from 'node:timers/promises';

import type { RunEvent } from '@segloss/trainer';

import type { PlannedCell } from '../plan.js';
import type { Outcome } from '../train-cell.js';
import { TrainingPool } from './training-pool.js';
import type { TrainingProcess } from './training-process.js';

/** What every executor receives, and how it reports. */
export interface ExecutorOptions {
  /** Stops: trainings are saved between two updates and can be resumed. */
  readonly signal: AbortSignal;
  readonly onEvent: (cell: PlannedCell, event: RunEvent) => void;
  readonly onEnd: (cell: PlannedCell, outcome: Outcome) => void;
}

/** Options of {@link trainLocally}. */
export interface LocalOptions extends ExecutorOptions {
  /** Processes at the same time. Default: as many as there are cores and memory for. */
  readonly jobs?: number | undefined;
  readonly fresh: boolean;
  readonly command: readonly string[];
}

/** How long to wait for a run that another process still holds: one that is being stopped ends within this time. */
const BUSY = { milliseconds: 500, times: 40 };
/** Between two looks at the memory. */
const LOOK_MILLISECONDS = 2000;

/** Trains cells in child processes, each with one thread. All of them end when this process does. */
export async function trainLocally(cells: readonly PlannedCell[], options: LocalOptions): Promise<void> {
  const { jobs, signal, fresh, command, onEvent, onEnd } = options;
  const pool = new TrainingPool(jobs);
  const queue = [...cells];
  const tries = new Map<PlannedCell, number>();
  const open = new Set<Promise<void>>(); // trainings, and waits for busy runs
  const keep = (work: Promise<void>): void => {
    const one = work.finally(() => open.delete(one));
    open.add(one);
  };

  /** Gives a process one cell after another. */
  async function use(process: TrainingProcess): Promise<void> {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
      const current = cell;
      const outcome = await process.train({ cell, fresh, command, onEvent: (event) => onEvent(current, event) }); // prettier-ignore
      const count = tries.get(cell) ?? 0;
      if (outcome.status === 'busy' && count < BUSY.times && !signal.aborted) {
        tries.set(cell, count + 1);
        keep(sleep(BUSY.milliseconds).then(() => void queue.push(current)));
      } else onEnd(cell, outcome);
      if (signal.aborted || !process.usable || pool.isTooLarge) break;
    }
    process.stop();
  }

  const stop = () => pool.stop();
  signal.addEventListener('abort', stop);
  try {
    while (!signal.aborted || open.size > 0) {
      while (!signal.aborted && queue.length > 0 && pool.hasRoom()) keep(use(pool.start()));
      if (open.size === 0) break;
      const look = new AbortController(); // memory may have become free
      await Promise.race([...open, sleep(LOOK_MILLISECONDS, undefined, { signal: look.signal }).catch(() => undefined)]); // prettier-ignore
      look.abort();
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
