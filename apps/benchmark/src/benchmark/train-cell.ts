import {
  planRun,
  RunError,
  type RunErrorCode,
  runTraining,
  type OpenedImages,
  type RunOptions,
  type RunStatus,
} from '@segloss/trainer';

import { codeOfError, exitCodes } from '../errors.js';
import type { PlannedCell } from './plan.js';

/** What is needed to train a cell; goes to child processes. */
export type CellTask = Pick<PlannedCell, 'id' | 'name' | 'loaded'>;

/** How the training of a cell ended. */
export interface Outcome {
  /** `busy`: another process trains this run. */
  readonly status: RunStatus | 'busy';
  readonly error?: { readonly name: string; readonly message: string; readonly code?: RunErrorCode };
}

/**
 * Trains one cell, or resumes it. Errors become part of the outcome, so that other cells go on.
 *
 * @param opened Images of cells that this process trained before.
 */
export async function trainCell(
  { id, name, loaded }: CellTask,
  { opened = new Map() as OpenedImages, ...options }: Omit<RunOptions, 'name'> = {},
): Promise<Outcome> {
  try {
    const plan = await planRun(loaded, { name, opened });
    if (plan.id !== id) {
      throw new RunError(
        `${name}: wanted the run ${id} of the plan, got ${plan.id}; images, masks or modules have changed since the plan was made: ` +
          'give the benchmark command again',
        'stale-plan',
      );
    }
    const { summary } = await runTraining(loaded, { ...options, name, opened });
    return { status: summary.status };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const { name: kind, message } = error;
    const code = error instanceof RunError ? error.code : undefined;
    const status = code === 'busy' ? 'busy' : kind === 'DivergedError' ? 'diverged' : 'failed';
    return { status, error: { name: kind, message, ...(code !== undefined && { code }) } };
  }
}

/** The exit code of a process that trained one cell, by which schedulers decide whether to try again. */
export function codeOfOutcome({ status, error }: Outcome): number {
  if (status === 'finished') return exitCodes.ok.code;
  if (status === 'interrupted' || status === 'busy') return exitCodes.resumable.code;
  return status === 'diverged' ? exitCodes.diverged.code : codeOfError(error);
}
