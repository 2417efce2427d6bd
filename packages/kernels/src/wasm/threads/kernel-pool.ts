import type * as WorkerThreads from 'node:worker_threads';

import { WORDS, work, type WorkerStart } from './kernel-worker.js';

/** Chunks of a job for each thread: a thread that comes late or is interrupted leaves them to the others. */
const CHUNKS_PER_THREAD = 4;
const SPIN_MS = 0.5;
/** Work for which sleeping workers are woken, which takes some ten microseconds of ours and more of theirs. */
const WORTH_WAKING_MS = 0.05;

/** Any kernel of the module. */
type Kernel = (...args: number[]) => void;

export interface Job {
  readonly kernel: string;
  readonly args: readonly number[];
  readonly parts: number;
  /** Scratch memory of the first thread, and how many bytes later that of the next one begins. */
  readonly scratch: number;
  readonly scratchStep: number;
}

/** Worker threads that run kernels together with the thread that asks for it, over one shared memory. */
export class KernelPool {
  private readonly control = new SharedArrayBuffer(WORDS.size * 4);
  private readonly state = new Int32Array(this.control);
  private readonly args = new Float64Array(this.control, WORDS.args * 4, WORDS.maxArgs);
  private readonly mayWait = mayWait();
  private readonly names: readonly string[];
  private readonly stops: (() => void)[] = [];
  private lost = 0;
  /** How long the last job of each kernel took, in ms. */
  private readonly lasted = new Map<string, number>();

  /**
   * Starts `wanted` - 1 workers and returns immediately: until they have started, the calling thread works alone.
   * Calls `onLoss` for each worker that did not start or broke off.
   */
  constructor(
    module: WebAssembly.Module,
    readonly memory: WebAssembly.Memory,
    readonly wanted: number,
    onLoss: (reason: unknown) => void,
  ) {
    this.names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const lose = (reason: unknown) => {
      this.lost++;
      onLoss(reason);
    };
    const common = { module, memory, control: this.control, words: WORDS, names: this.names, spin: SPIN_MS };
    for (let index = 1; index < wanted; index++) {
      try {
        this.stops.push(startWorker({ ...common, index }, lose));
      } catch (reason) {
        lose(reason);
      }
    }
  }

  /** How many threads there are, or will be as soon as they have started. */
  get threads(): number {
    return this.wanted - this.lost;
  }

  /** How many workers have started. */
  get ready(): number {
    return Atomics.load(this.state, WORDS.ready);
  }

  /** Runs every part of a job; returns when all are done, and throws if one failed. */
  run(kernel: Kernel, { kernel: name, args, parts, scratch, scratchStep }: Job): void {
    const { state } = this;
    const chunks = Math.min(parts, this.wanted * CHUNKS_PER_THREAD);
    this.args.set(args);
    state[WORDS.kernel] = this.names.indexOf(name);
    state[WORDS.parts] = parts;
    state[WORDS.chunks] = chunks;
    state[WORDS.scratch] = scratch;
    state[WORDS.scratchStep] = scratchStep;
    state[WORDS.count] = args.length;
    state[WORDS.failed] = 0;
    Atomics.store(state, WORDS.next, 0);
    Atomics.add(state, WORDS.job, 1);
    const since = performance.now();
    let decided = (this.lasted.get(name) ?? 0) > WORTH_WAKING_MS;
    if (decided) this.wake(chunks - 1);
    try {
      for (let chunk: number; (chunk = Atomics.add(state, WORDS.next, 1)) < chunks;) {
        const first = Math.floor((chunk * parts) / chunks);
        kernel(...args, scratch, first, Math.floor(((chunk + 1) * parts) / chunks));
        if (!decided && (performance.now() - since) * (chunks - 1) > WORTH_WAKING_MS) this.wake(chunks - 1);
        decided = true;
      }
    } finally {
      Atomics.store(state, WORDS.next, chunks);
      Atomics.add(state, WORDS.job, 1);
      this.waitForWorkers();
    }
    this.lasted.set(name, performance.now() - since);
    const failed = state[WORDS.failed]!;
    if (failed > 0) {
      const text = new Uint16Array(this.control, WORDS.message * 4, failed - 1);
      throw new Error(`segloss kernels: ${name} failed in a worker thread: ${String.fromCharCode(...text)}`);
    }
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  /** Those who spin come by themselves. */
  private wake(workers: number): void {
    if (Atomics.load(this.state, WORDS.asleep) > 0) Atomics.notify(this.state, WORDS.job, workers);
  }

  /** Only those who have entered the job are waited for, and they are at their last chunk. */
  private waitForWorkers(): void {
    const { state } = this;
    const since = performance.now();
    let active = Atomics.load(state, WORDS.active);
    for (let turn = 1; active !== 0; turn++) {
      if (this.mayWait && turn % 64 === 0 && performance.now() - since > SPIN_MS) {
        Atomics.wait(state, WORDS.active, active);
      }
      active = Atomics.load(state, WORDS.active);
    }
  }
}

/** The main thread of a page may not sleep. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a thread that never keeps the process alive; returns what ends it. */
function startWorker(start: WorkerStart, onLoss: (reason: unknown) => void): () => void {
  const threads = workerThreads();
  if (threads !== undefined) {
    const source = `(${work.toString()})(require('node:worker_threads').workerData)`;
    // No flags and no variables: a loader named there would be started in every thread.
    const worker = new threads.Worker(source, { eval: true, workerData: start, execArgv: [], env: {} });
    worker.on('error', onLoss);
    worker.unref();
    return () => void worker.terminate();
  }
  if (typeof Worker === 'undefined')
    throw new Error('this runtime has no threads (Node has them from 20.16 on)');
  const source = `onmessage = ({ data }) => (${work.toString()})(data)`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onerror = onLoss;
  worker.postMessage(start);
  return () => {
    worker.terminate();
    URL.revokeObjectURL(url);
  };
}

/** Node's worker_threads, without an import that would break bundles for the browser. */
function workerThreads(): typeof WorkerThreads | undefined {
  if (typeof process !== 'object') return undefined;
  return process.getBuiltinModule?.('node:worker_threads');
}
