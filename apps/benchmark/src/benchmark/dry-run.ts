import path from 'node:path';

import { readTime, type RunState } from '@segloss/trainer';

import { plural } from '../page/plural.js';
import { cellName } from './grid.js';
import type { Benchmark, PlannedCell, WaitingCell } from './plan.js';

/** What `--dry-run` lists. */
export interface DryRun {
  readonly benchmark: Benchmark;
  /** Runs that match `--only`: those that tune, then cells. */
  readonly runs: readonly PlannedCell[];
  readonly waiting: readonly WaitingCell[];
  /** Runs that the command would train. */
  readonly todo: readonly PlannedCell[];
  /** Trainings at the same time. */
  readonly jobs: number;
}

/** Returns the lines of `--dry-run`: every run with its state, how many there are of each, and how long the rest takes. */
export function dryRunLines({ benchmark, runs, waiting, todo, jobs }: DryRun): string[] {
  const { axes } = benchmark;
  const states = [...runs.map(({ state }) => state), ...waiting.map(() => 'waiting' as const)];
  const counts = ORDER.map((state) => [state, states.filter((one) => one === state).length] as const)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  return [
    ...runs.map(
      ({ labels, state, folder }) => `${state.padEnd(WIDTH)}  ${cellName(labels, axes)}  ${folder}`,
    ),
    ...waiting.map(
      ({ labels, open }) => `${'waiting'.padEnd(WIDTH)}  ${cellName(labels, axes)}  ${reasonOf(open)}`,
    ),
    `${plural(states.length, 'run')}: ${counts.join(', ')}`,
    ...estimate(runs, [...todo, ...waiting], jobs),
  ];
}

const WIDTH = 11;
const ORDER: readonly (RunState | 'waiting')[] = ['finished', 'missing', 'waiting', 'interrupted', 'running', 'failed', 'diverged']; // prettier-ignore

/** Why a cell is not planned yet. */
export function reasonOf(open: number): string {
  return open > 0 ? `for ${plural(open, 'tuning run')}` : 'no candidate of its tuning has a score';
}

interface Timed {
  readonly labels: PlannedCell['labels'];
  readonly secondsPerEpoch: number;
  readonly epochs: number;
}

/** A sentence about the time that is left, from runs that have finished; none without any. */
function estimate(
  runs: readonly PlannedCell[],
  todo: readonly (PlannedCell | WaitingCell)[],
  jobs: number,
): string[] {
  const timed = runs.flatMap(({ labels, state, folder, epochs }): Timed[] => {
    const time = state === 'finished' ? readTime(path.join(folder, 'time.json')) : undefined;
    return time === undefined ? [] : [{ labels, secondsPerEpoch: time.seconds / time.epochs, epochs }]; // prettier-ignore
  });
  if (todo.length === 0) return [];
  if (timed.length === 0) return ['time: unknown until a run has finished'];
  const seconds = todo.reduce((sum, one) => sum + secondsOf(one, timed), 0) / Math.min(jobs, todo.length);
  return [`time: about ${duration(seconds)} for ${plural(todo.length, 'run')}, ${jobs} at a time, as ${plural(timed.length, 'finished run')} took`]; // prettier-ignore
}

/** Epochs that are left, each as long as in the finished runs that share most labels. */
function secondsOf(run: PlannedCell | WaitingCell, timed: readonly Timed[]): number {
  const shared = timed.map(({ labels }) => Object.entries(run.labels).filter(([title, label]) => labels[title] === label).length); // prettier-ignore
  const most = Math.max(...shared);
  const alike = timed.filter((_, i) => shared[i] === most);
  const mean = (of: (one: Timed) => number) => alike.reduce((sum, one) => sum + of(one), 0) / alike.length;
  const epochs = 'loaded' in run ? run.epochs - doneOf(run) : mean((one) => one.epochs);
  return Math.max(0, epochs) * mean((one) => one.secondsPerEpoch);
}

const doneOf = ({ state, folder }: PlannedCell): number =>
  state === 'missing' ? 0 : (readTime(path.join(folder, 'time.json'))?.epochs ?? 0);

/** `40 s`, `12 min`, `3.5 h`, `2.1 days` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}
