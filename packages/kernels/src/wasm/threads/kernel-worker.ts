/** Where the numbers of the control block lie, in int32 words; what several threads write has a cache line of its own. */
export const WORDS = {
  /** Odd while a job is open; every opening and every closing adds one. */
  job: 0,
  /** The next chunk of the job that nobody has taken. */
  next: 16,
  /** Workers that are within a job or about to look at it. */
  active: 32,
  /** Workers that wait without spinning. */
  asleep: 48,
  /** Workers that have started. */
  ready: 64,
  /** One more than the length of the message of the first error, which begins at `message` (UTF-16). */
  failed: 80,
  kernel: 81,
  parts: 82,
  chunks: 83,
  scratch: 84,
  scratchStep: 85,
  count: 86,
  /** `count` arguments as float64. */
  args: 96,
  maxArgs: 48,
  message: 192,
  maxMessage: 512,
  size: 448,
} as const;

/** What a worker is started with. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly words: typeof WORDS;
  /** The kernels by their number in a job. */
  readonly names: readonly string[];
  /** Which scratch memory is this thread's; 0 is the main thread's. */
  readonly index: number;
  /** How long to spin before sleeping, in ms: waking takes longer than most pauses between the kernels of a step. */
  readonly spin: number;
}

/**
 * The whole life of a worker: wait for a job, take chunks of its parts until none is left, again. It reaches its thread as
 * source text, so it names nothing of this module and has no inner functions (which some bundlers wrap in helpers).
 */
export function work({ module, memory, control, words, names, index, spin }: WorkerStart): void {
  const state = new Int32Array(control);
  const args = new Float64Array(control, words.args * 4, words.maxArgs);
  const message = new Uint16Array(control, words.message * 4, words.maxMessage);
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Record<
    string,
    (...args: number[]) => void
  >;
  Atomics.add(state, words.ready, 1);
  let done = 0;
  for (;;) {
    const since = performance.now();
    let job = Atomics.load(state, words.job);
    for (let turn = 1; job === done || job % 2 === 0; turn++) {
      if (turn % 64 === 0 && performance.now() - since > spin) {
        Atomics.add(state, words.asleep, 1);
        Atomics.wait(state, words.job, job);
        Atomics.sub(state, words.asleep, 1);
      }
      job = Atomics.load(state, words.job);
    }
    // The main thread closes a job before it looks at `active`: so either it waits for us, or we see the job closed.
    Atomics.add(state, words.active, 1);
    done = Atomics.load(state, words.job);
    if (done % 2 !== 0) {
      const name = names[state[words.kernel]!]!;
      try {
        void memory.buffer; // what the main thread has added to the memory becomes ours too
        const chunks = state[words.chunks]!;
        const parts = state[words.parts]!;
        const own = Array.from(args.subarray(0, state[words.count]));
        const scratch = state[words.scratch]! + index * state[words.scratchStep]!;
        for (let chunk = 0; (chunk = Atomics.add(state, words.next, 1)) < chunks;) {
          const first = Math.floor((chunk * parts) / chunks);
          kernels[name]!(...own, scratch, first, Math.floor(((chunk + 1) * parts) / chunks));
        }
      } catch (error) {
        const text = String(error).slice(0, words.maxMessage);
        if (Atomics.compareExchange(state, words.failed, 0, text.length + 1) === 0) {
          for (let i = 0; i < text.length; i++) message[i] = text.charCodeAt(i);
        }
        Atomics.store(state, words.next, state[words.chunks]!);
      }
    }
    if (Atomics.sub(state, words.active, 1) === 1) Atomics.notify(state, words.active);
  }
}
