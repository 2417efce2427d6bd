import { exitCodes } from '../../errors.js';

/** How often a run that failed is tried again, from its last checkpoint. */
export const RETRIES = 3;

/** Exit codes that a repetition cannot mend: a person must correct something first. */
export const FINAL_CODES: readonly number[] = [exitCodes.usage.code, exitCodes.data.code, exitCodes.diverged.code]; // prettier-ignore

/** The exit code of a run that was stopped, or that another process trains: to be put back into the queue, as often as it takes. */
export const REQUEUE_CODE: number = exitCodes.resumable.code;

/** What an executor does after the process of a run has ended; every executor keeps to it. */
export function afterExit(code: number): 'done' | 'final' | 'requeue' | 'retry' {
  if (code === exitCodes.ok.code) return 'done';
  if (code === REQUEUE_CODE) return 'requeue';
  return FINAL_CODES.includes(code) ? 'final' : 'retry';
}
