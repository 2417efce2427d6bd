// What the programs share: contenders in processes of their own that take turns, medians, and what to say of the machine.
import { fork, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process that measures when asked: `worker` answers a message, as `{ steps }` with `{ milliseconds }`. */
export function serve(worker, description) {
  const child = fork(fileURLToPath(new URL(worker, import.meta.url)), [JSON.stringify(description)], {
    env: { ...process.env, ...tensorflowThreads(description.contender) },
  });
  const ask = (question) =>
    new Promise((resolve, reject) => {
      const ended = (code) =>
        reject(new Error(`${worker}: ${description.contender} ended with code ${code}`));
      child.once('exit', ended);
      child.once('message', (answer) => {
        child.off('exit', ended);
        resolve(answer);
      });
      child.send(question);
    });
  return {
    ask,
    /** Median milliseconds of a step, on the wall and of the processor; `work` chooses one of several. */
    time: (steps, work) => ask({ steps, work }),
    measure: async (steps) => (await ask({ steps })).milliseconds,
    stop: () => child.kill(),
  };
}

/** TensorFlow reads the number of its threads from there, once. */
function tensorflowThreads(contender) {
  const threads = /^tensorflow(\d+)$/.exec(contender)?.[1];
  return threads === undefined
    ? {}
    : { TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '2' };
}

/** The version of TensorFlow behind the backend tensorflow, if that works here. */
export function tensorflowVersion() {
  const program = `import { selectBackend } from '@segloss/trainer';
    console.log((await selectBackend('tensorflow')).tensorflow.version)`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined;
}

/**
 * The environment that is best for PyTorch: without it each large tensor is mapped anew, and its threads wait for each other
 * on one core.
 */
const TORCH_ENVIRONMENT = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '8589934592',
  MALLOC_TOP_PAD_: '268435456',
  OMP_PROC_BIND: 'close',
  OMP_PLACES: 'cores',
};

/** Variables that limit PyTorch to vectors of 256 bits, as most processors have them. */
export const TORCH_AVX2 = { ONEDNN_MAX_CPU_ISA: 'AVX2', ATEN_CPU_CAPABILITY: 'avx2' };

/** As {@link serve}, of a script that reads and writes lines of JSON (torch_server.py); `variables` are added to its environment. */
export function serveTorch(script, description, python, variables = {}) {
  const child = spawn(
    python,
    [fileURLToPath(new URL(script, import.meta.url)), JSON.stringify(description)],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...TORCH_ENVIRONMENT, ...variables } },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script}: PyTorch ended before it answered`);
    return JSON.parse(value);
  };
  return {
    ask,
    time: (steps, work) => ask({ steps, work }),
    measure: async (steps) => (await ask({ steps })).milliseconds,
    stop: () => child.kill(),
  };
}

/** Where PyTorch is looked for: the first python3 of the path need not be that of the system. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** The python that has PyTorch, the given one or else the first of the usual ones, and its version; undefined if none has it. */
export function findTorch(python) {
  for (const candidate of python === undefined ? PYTHONS : [python]) {
    const version = torchVersion(candidate);
    if (version !== undefined) return { python: candidate, version };
  }
  return undefined;
}

/** The version of PyTorch that this python has, if any. */
export function torchVersion(python) {
  const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function environment() {
  const require = createRequire(import.meta.url);
  const { version } = JSON.parse(readFileSync(require.resolve('@tensorflow/tfjs-core/package.json'), 'utf8'));
  return { cpu: cpus()[0].model.trim(), cores: cpus().length, node: process.versions.node, tfjs: version };
}

/** Milliseconds that copying `length` float32 numbers takes. */
export function copyMilliseconds(length) {
  const [from, to] = [new Float32Array(length).fill(1), new Float32Array(length)];
  return median(
    Array.from({ length: 9 }, () => {
      const start = performance.now();
      to.set(from);
      return performance.now() - start;
    }),
  );
}

/** An option that has to be a positive integer. */
export function positiveInteger(program, key, value) {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new RangeError(`perf ${program}: wanted --${key} a positive integer, got ${value}`);
  return number;
}
