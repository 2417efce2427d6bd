import { createHash } from 'node:crypto';
import path from 'node:path';

import type { JobsOptions } from 'bullmq';

import { FILES, type PlannedCell } from '../../plan.js';
import type { Outcome } from '../../train-cell.js';
import { RETRIES } from '../retries.js';

/** The queue that all benchmarks of a server share, so that a worker needs to know the server only. */
export const QUEUE_NAME = 'segloss';

/** What a job says: where its run is described. Nothing else goes through the server. */
export interface RunJob {
  /** The absolute path of a `plan.jsonl`. */
  readonly plan: string;
  /** Where in the plan the run probably is: a later benchmark may have written the file again. */
  readonly index: number;
  readonly id: string;
}

/** A job fails after this many workers have vanished with it. */
export const MAX_VANISHED_WORKERS = 10;

const FIRST_RETRY_MILLISECONDS = 5_000;
const KEEP_FAILED_SECONDS = 7 * 24 * 3600;

/**
 * The id of a run's job: the run in this folder, so that it is queued once however often it is requested, and the same run of another benchmark
 * is another job.
 */
export function jobIdOf({ id, folder }: Pick<PlannedCell, 'id' | 'folder'>): string {
  return `${id}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
}

/** The job of a cell. Finished ones leave the queue: their folder says that they have finished. */
export function jobOf(
  cell: PlannedCell,
  benchmark: { readonly name: string; readonly folder: string },
): { name: string; data: RunJob; opts: JobsOptions } {
  return {
    name: benchmark.name,
    data: { plan: path.join(benchmark.folder, FILES.plan), index: cell.index, id: cell.id },
    opts: {
      jobId: jobIdOf(cell),
      attempts: 1 + RETRIES,
      backoff: { type: 'exponential', delay: FIRST_RETRY_MILLISECONDS },
      removeOnComplete: true,
      removeOnFail: { age: KEEP_FAILED_SECONDS },
    },
  };
}

/** Why a run failed, as the queue and its dashboards show it. */
export const reasonOf = ({ status, error }: Outcome): string =>
  error === undefined ? status : `${error.name}: ${error.message}`;

/** What {@link reasonOf} was made of. */
export function outcomeOf(reason: string): Outcome {
  const [, name = 'Error', message = reason] = /^([A-Za-z]*Error): ([^]*)$/.exec(reason) ?? [];
  return { status: name === 'DivergedError' ? 'diverged' : 'failed', error: { name, message } };
}
