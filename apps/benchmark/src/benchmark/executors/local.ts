import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import type { RunEvent } from '@segloss/trainer';

import type { PlannedCell } from '../plan.js';
import type { Outcome } from '../train-cell.js';
import type { FromWorker, ToWorker } from './worker.js';

/** Options of {@link trainLocally}. */
export interface LocalOptions {
  /** Processes at the same time. Default: as many as there are cores and memory for. */
  readonly jobs?: number | undefined;
  /** Stops all trainings between two updates; they can be resumed. */
  readonly signal: AbortSignal;
  readonly fresh: boolean;
  readonly command: readonly string[];
  readonly onEvent: (cell: PlannedCell, event: RunEvent) => void;
  readonly onEnd: (cell: PlannedCell, outcome: Outcome) => void;
}

/** Bytes that a training needs, until one has shown how many. */
const FIRST_GUESS = 400 * 2 ** 20;
/** How long to wait for a run that another process still holds: one that is being stopped ends within this time. */
const BUSY = { milliseconds: 500, times: 40 };
/** A child that does not stop is killed. */
const GRACE_MILLISECONDS = 9_000;
const STDERR_LENGTH = 2000;

interface Child {
  readonly process: ChildProcess;
  cell: PlannedCell;
  /** Largest resident size so far; undefined before the first report. */
  memory: number | undefined;
  stderr: string;
}

/**
 * Trains cells in child processes, each with one thread, which take one cell after another. A child that dies loses its cell only. All
 * children end when this process does.
 */
export function trainLocally(cells: readonly PlannedCell[], options: LocalOptions): Promise<void> {
  const { signal, fresh, command, onEvent, onEnd } = options;
  const queue = [...cells];
  const children = new Set<Child>();
  const tries = new Map<PlannedCell, number>();
  let waiting = 0;
  let largest = 0;
  let limit = Math.min(options.jobs ?? availableParallelism(), cells.length);

  return new Promise((resolve) => {
    const timer = setInterval(() => grow(), 2000); // memory may have become free

    function grow(): void {
      while (!signal.aborted && queue.length > 0 && children.size < limit && hasMemory())
        start(queue.shift()!);
      if (children.size > 0 || waiting > 0 || (queue.length > 0 && !signal.aborted)) return;
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
      resolve();
    }

    /** There is memory for one more, after all that have started have grown. `--jobs` is a decision of the user's. */
    function hasMemory(): boolean {
      if (options.jobs !== undefined || children.size === 0) return true;
      const need = largest || FIRST_GUESS;
      const growing = [...children].filter(({ memory }) => memory === undefined).length;
      return process.availableMemory() > need * (growing + 1);
    }

    function start(cell: PlannedCell): void {
      const child: Child = {
        process: fork(workerFile(), forkOptions()),
        cell,
        memory: undefined,
        stderr: '',
      };
      children.add(child);
      child.process.stderr!.on('data', (text: Buffer) => {
        child.stderr = (child.stderr + text.toString()).slice(-STDERR_LENGTH);
      });
      let idle = false;
      child.process.on('message', (message: FromWorker) => {
        child.memory = Math.max(child.memory ?? 0, message.memory);
        largest = Math.max(largest, message.memory);
        if (message.type === 'event') return onEvent(child.cell, message.event);
        idle = !next(child, message.outcome);
      });
      child.process.on('error', () => undefined); // `exit` or `close` says it
      child.process.on('close', (code, killedBy) => {
        children.delete(child);
        if (!idle) {
          if (killedBy === 'SIGKILL' && !signal.aborted) limit = Math.max(1, children.size);
          onEnd(child.cell, died(child, code, killedBy, signal.aborted));
        }
        grow();
      });
      assign(child, cell);
    }

    function assign(child: Child, cell: PlannedCell): void {
      child.cell = cell;
      const { id, name, loaded } = cell;
      send(child, { type: 'train', cell: { id, name, loaded }, fresh, command });
    }

    /** Gives a child its next cell; without one it ends. */
    function next(child: Child, outcome: Outcome): boolean {
      const count = tries.get(child.cell) ?? 0;
      if (outcome.status === 'busy' && count < BUSY.times && !signal.aborted) retry(child.cell, count);
      else onEnd(child.cell, outcome);
      const cell = signal.aborted || children.size > limit ? undefined : queue.shift();
      if (cell !== undefined) assign(child, cell);
      else send(child, { type: 'stop' }); // idle, it ends
      return cell !== undefined;
    }

    function retry(cell: PlannedCell, count: number): void {
      tries.set(cell, count + 1);
      waiting++;
      setTimeout(() => {
        waiting--;
        queue.push(cell);
        grow();
      }, BUSY.milliseconds);
    }

    function stop(): void {
      for (const child of children) {
        send(child, { type: 'stop' });
        setTimeout(() => child.process.kill('SIGKILL'), GRACE_MILLISECONDS).unref();
      }
    }

    signal.addEventListener('abort', stop);
    grow();
  });
}

function send(child: Child, message: ToWorker): void {
  if (child.process.connected) child.process.send(message, () => undefined); // `close` says that it is gone
}

const workerFile = (): string => fileURLToPath(new URL('./worker.js', import.meta.url));

function forkOptions() {
  const one = Object.fromEntries(
    ['OMP_NUM_THREADS', 'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS'].map((name) => [name, '1']),
  );
  return {
    serialization: 'advanced' as const, // keeps NaN
    stdio: ['ignore' as const, 'ignore' as const, 'pipe' as const, 'ipc' as const],
    env: { TF_FORCE_GPU_ALLOW_GROWTH: 'true', TF_CPP_MIN_LOG_LEVEL: '2', ...one, ...process.env },
    execArgv: [],
  };
}

function died(
  child: Child,
  code: number | null,
  killedBy: NodeJS.Signals | null,
  stopping: boolean,
): Outcome {
  if (stopping) return { status: 'interrupted' };
  const memory = /heap out of memory/.test(child.stderr) || killedBy === 'SIGKILL';
  const why = killedBy === null ? `ended with code ${String(code)}` : `was killed by ${killedBy}`;
  const remedy = memory
    ? 'out of memory? try --jobs 1 or smaller images; the same command resumes'
    : 'the same command resumes';
  const last = child.stderr.trim().split('\n').at(-1) ?? '';
  const said = last === '' || memory ? '' : ` (${last})`;
  return { status: 'failed', error: { name: 'Error', message: `the process ${why}${said}; ${remedy}` } };
}
