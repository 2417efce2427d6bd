import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { RunEvent } from '@segloss/trainer';

import type { CellTask, Outcome } from '../train-cell.js';
import type { FromWorker, ToWorker } from './worker.js';

/** What the training of one cell needs. */
export interface TrainingOrder {
  readonly cell: CellTask;
  /** Default false. */
  readonly fresh?: boolean;
  /** What the run records as its command. */
  readonly command: readonly string[];
  readonly onEvent: (event: RunEvent) => void;
}

/** A process that does not stop is killed after this time: before its parent is given up. */
const GRACE_MILLISECONDS = 18_000;
const STDERR_LENGTH = 2000;
/** A training makes short-lived objects: a quarter of V8's usual space for them costs no time, and saves some 40 MB a process. */
const V8_FLAGS = ['--max-semi-space-size=4'];

/**
 * A child process that trains one cell after another, with one thread, and keeps their images opened. A child that dies loses its cell only. It
 * ends when this process does, however that happens.
 */
export class TrainingProcess {
  /** Largest resident size so far, in bytes; undefined before the first report. */
  memory: number | undefined;
  private readonly child: ChildProcess;
  private stderr = '';
  private stopping = false;
  private end: string | undefined;
  private order: { readonly onEvent: TrainingOrder['onEvent']; readonly done: (outcome: Outcome) => void } | undefined; // prettier-ignore

  /** @param onClose Is called when the process has ended; `killed`: by the system, as where memory runs out. */
  constructor(onClose: (killed: boolean) => void) {
    this.child = fork(workerFile(), forkOptions());
    this.child.stderr!.on('data', (text: Buffer) => {
      this.stderr = (this.stderr + text.toString()).slice(-STDERR_LENGTH);
    });
    this.child.on('message', (message: FromWorker) => this.receive(message));
    this.child.on('error', () => undefined); // `close` says it
    this.child.on('close', (code, killedBy) => {
      this.end = killedBy === null ? `ended with code ${String(code)}` : `was killed by ${killedBy}`;
      onClose(killedBy === 'SIGKILL' && !this.stopping);
      this.finish(this.died(killedBy));
    });
  }

  /** Whether it can train. */
  get usable(): boolean {
    return this.end === undefined && !this.stopping;
  }

  /** Trains a cell. Never rejects: a process that dies is an outcome. */
  train({ cell, fresh = false, command, onEvent }: TrainingOrder): Promise<Outcome> {
    const { id, name, loaded } = cell;
    return new Promise((done) => {
      this.order = { onEvent, done };
      if (this.end !== undefined) this.finish(this.died(null));
      else this.send({ type: 'train', cell: { id, name, loaded }, fresh, command });
    });
  }

  /** Ends the process: a training saves first, between two updates. */
  stop(): void {
    this.stopping = true;
    this.send({ type: 'stop' });
    setTimeout(() => this.child.kill('SIGKILL'), GRACE_MILLISECONDS).unref();
  }

  private send(message: ToWorker): void {
    if (this.child.connected) this.child.send(message, () => undefined); // `close` says that it is gone
  }

  private receive(message: FromWorker): void {
    this.memory = Math.max(this.memory ?? 0, message.memory);
    if (message.type === 'event') this.order?.onEvent(message.event);
    else {
      this.finish(message.outcome);
      if (this.stopping) this.send({ type: 'stop' }); // idle now, it ends
    }
  }

  private finish(outcome: Outcome): void {
    const { order } = this;
    this.order = undefined;
    order?.done(outcome);
  }

  private died(killedBy: NodeJS.Signals | null): Outcome {
    if (this.stopping) return { status: 'interrupted' };
    const memory = /heap out of memory/.test(this.stderr) || killedBy === 'SIGKILL';
    const remedy = memory
      ? 'out of memory? try --jobs 1 or smaller images; the same command resumes'
      : 'the same command resumes';
    const last = this.stderr.trim().split('\n').at(-1) ?? '';
    const said = last === '' || memory ? '' : ` (${last})`;
    return {
      status: 'failed',
      error: { name: 'Error', message: `the process ${this.end}${said}; ${remedy}` },
    };
  }
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
    execArgv: V8_FLAGS,
  };
}
