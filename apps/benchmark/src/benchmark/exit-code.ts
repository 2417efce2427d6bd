import { runState, type RunSummary } from '@segloss/trainer';
import path from 'node:path';

import { codeOfError, exitCodes } from '../errors.js';
import { plural } from '../page/plural.js';
import { reasonOf } from './dry-run.js';
import { cellName } from './grid.js';
import type { Benchmark, PlannedCell, WaitingCell } from './plan.js';
import { readJson } from './results.js';
import type { Outcome } from './train-cell.js';

/** How the runs of a command ended. */
export interface EndedRuns extends Pick<Benchmark, 'axes'> {
  readonly runs: readonly PlannedCell[];
  readonly waiting: readonly WaitingCell[];
  /** By the id of the run. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly interrupted: boolean;
}

/** Says what is not finished, and returns the exit code. A diverged run that tunes is a score like others. */
export function exitCodeOfRuns(
  { axes, runs, waiting, outcomes, interrupted }: EndedRuns,
  say: (text: string) => void,
): number {
  const total = runs.length + waiting.length;
  const open = runs.flatMap((cell) => {
    const state = runState(cell.folder);
    if (state === 'finished' || (state === 'diverged' && 'tuning' in cell.labels)) return [];
    return [{ cell, state, outcome: outcomes.get(cell.id) }];
  });
  const count = open.length + waiting.length;
  if (interrupted && count > 0) {
    say(`segloss: stopped; ${total - count} of ${plural(total, 'run')} finished. The same command resumes.`);
    return exitCodes.resumable.code;
  }
  if (count === 0) return exitCodes.ok.code;
  // Of runs that --fail-fast stopped, nothing is said: the cause comes first.
  const first = open.find(({ outcome }) => outcome?.status === 'failed' || outcome?.status === 'diverged') ?? open[0]; // prettier-ignore
  const why =
    first === undefined ? `waiting ${reasonOf(waiting[0]!.open)}` : (first.outcome?.error?.message ?? messageOf(first.cell.folder) ?? first.state); // prettier-ignore
  const name = cellName((first?.cell ?? waiting[0]!).labels, axes);
  say(`segloss: ${count} of ${plural(total, 'run')} did not finish; the first: ${name}: ${why}`);
  if (open.length > 0 && open.every(({ outcome }) => outcome?.status === 'busy'))
    return exitCodes.resumable.code;
  // What a repetition may mend comes first: a scheduler repeats code 1, and no other.
  const codes = open
    .filter(({ state, outcome }) =>
      outcome === undefined ? state === 'diverged' || state === 'failed' : outcome.status !== 'interrupted',
    ) // prettier-ignore
    .map(({ state, outcome }) => failureCode(state, outcome));
  const order = [exitCodes.runtime, exitCodes.diverged, exitCodes.data, exitCodes.usage].map(({ code }) => code); // prettier-ignore
  return order.find((code) => codes.includes(code)) ?? exitCodes.runtime.code;
}

const messageOf = (folder: string): string | undefined =>
  readJson<RunSummary>(path.join(folder, 'summary.json'))?.message;

function failureCode(state: string, outcome: Outcome | undefined): number {
  if (state === 'diverged' || outcome?.status === 'diverged') return exitCodes.diverged.code;
  return codeOfError(outcome?.error);
}
