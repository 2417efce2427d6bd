import { createHash } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { batchNormOfBatch, setWasmThreads, wasmThreads } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { moduleFor, type KernelModule } from '../src/wasm/memory/module.js';
import { KernelPool } from '../src/wasm/threads/kernel-pool.js';
import { withSharedMemory } from '../src/wasm/memory/shared-memory.js';
import { memoryOf, type WasmBackend } from '../src/wasm/memory/tensors.js';
import { threadsOf } from '../src/wasm/threads/threads.js';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
const PAGE = 65536;

/** Waits for something that another thread does, without giving up the thread. */
function until(condition: () => boolean): void {
  const since = performance.now();
  while (!condition()) if (performance.now() - since > 300_000) throw new Error('until: waited for 300 s');
}

suite('a pool of threads', () => {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
  const lost: unknown[] = [];
  let pool: KernelPool;
  let kernels: KernelModule;
  const PART = PAGE; // elements of a part of reluGradient
  const PARTS = 5;
  const length = PART * PARTS;
  const job = (at: number) => ({
    kernel: 'reluGradient',
    args: [at, at, at + length * 4, length],
    ...{ parts: PARTS, scratch: 0, scratchStep: 0 },
  });
  const values = (at: number) => new Float32Array(memory.buffer, at, length);

  // A pool for each test: one of them ends its threads.
  beforeEach(() => {
    kernels = new WebAssembly.Instance(moduleFor(memory), { env: { memory } })
      .exports as unknown as KernelModule;
    pool = new KernelPool(moduleFor(memory), memory, 3, (reason) => lost.push(reason));
    until(() => pool.ready === 2);
  });
  afterEach(() => pool.stop());

  /** A kernel of the main thread that takes its time, and from its second part on waits for the workers to do all others. */
  function patient(out: Float32Array): { run: (...args: number[]) => void; mine: number[] } {
    const mine: number[] = [];
    const done = (part: number) => mine.includes(part) || out[part * PART + PART - 1] !== 0;
    const run = (...args: number[]) => {
      mine.push(args[args.length - 2]!);
      const since = performance.now();
      const allDone = () => Array.from({ length: PARTS }, (_, part) => part).every(done);
      until(() => (mine.length === 1 ? performance.now() - since > 1 : allDone()));
      kernels.reluGradient(...args);
    };
    return { run, mine };
  }

  it('does parts on the other threads, in memory that was added after they had started too', () => {
    for (const pages of [4, 40, 400]) {
      const at = memory.buffer.byteLength;
      memory.grow(pages + (2 * length * 4) / PAGE);
      values(at).fill(pages);
      const out = values(at + length * 4);
      const { run, mine } = patient(out);
      pool.run(run, job(at));
      expect(mine.length).toBeLessThan(3);
      expect(out.every((value) => value === pages)).toBe(true);
    }
  });

  it('does jobs one after another, awake and asleep', () => {
    const at = memory.buffer.byteLength;
    memory.grow((2 * length * 4) / PAGE);
    const out = values(at + length * 4);
    for (let round = 1; round <= 50; round++) {
      values(at).fill(round);
      if (round % 10 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
      pool.run(kernels.reluGradient, job(at));
      expect(out.every((value) => value === round)).toBe(true);
    }
  });

  it('throws what a kernel throws in another thread, and still works', () => {
    const beyond = job(memory.buffer.byteLength);
    const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    expect(() => pool.run(pause, beyond)).toThrow(
      /^segloss kernels: reluGradient failed in a worker thread: RuntimeError: .*out of bounds/,
    );
    checkedRun();
  });

  it('passes on what a kernel throws in its own thread, and still works', () => {
    const broken = () => {
      throw new RangeError('broken');
    };
    let thrown: unknown;
    until(() => {
      try {
        pool.run(broken, job(0)); // the workers may be quicker, and leave it nothing
      } catch (error) {
        thrown = error;
      }
      return thrown !== undefined;
    });
    expect(thrown).toEqual(new RangeError('broken'));
    checkedRun();
  });

  it('does all parts alone when its threads have ended', async () => {
    pool.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    checkedRun();
    expect(lost).toEqual([]);
  });

  function checkedRun(): void {
    const at = memory.buffer.byteLength;
    memory.grow((2 * length * 4) / PAGE);
    values(at).fill(7);
    pool.run(kernels.reluGradient, job(at));
    expect(values(at + length * 4).every((value) => value === 7)).toBe(true);
  }
});

const as5D = (tensor: tf.Tensor) => tensor as tf.Tensor5D;

suite('kernels on several threads', () => {
  beforeAll(async () => {
    setWasmThreads(2);
    await wasm.use();
  });
  afterEach(() => setWasmThreads(1));

  /** Runs `compute` on a number of threads, after all of them have started. */
  function on<T>(threads: number, compute: () => T): T {
    setWasmThreads(threads);
    expect(wasmThreads()).toBe(threads);
    until(() => (threadsOf(tf.backend() as WasmBackend)?.ready ?? 0) === threads - 1);
    return compute();
  }

  it('give the same bits as on one', () => {
    const { pick } = numbers(3);
    const cases = Array.from({ length: 12 }, (_, i) => ({
      shape: [
        pick([1, 2, 3, 8]),
        pick([1, 2, 7, 32, 65]),
        pick([1, 3, 16, 33]),
        pick([1, 3, 4, 19]),
      ] as const,
      filter: pick([1, 2, 3]),
      strides: pick([1, 2, 3]),
      seed: i + 1,
    }));
    const gradients = (): string[] =>
      cases.map(({ shape, filter, strides, seed }) =>
        tf.tidy(() => {
          const x = tf.randomNormal([...shape], 0, 1, 'float32', seed) as tf.Tensor4D;
          const f = (a: tf.Tensor) => tf.maxPool(tf.relu(a as tf.Tensor4D), filter, strides, 'same');
          return createHash('sha256').update(tf.grad(f)(x).dataSync()).digest('hex');
        }),
      );
    const wanted = on(1, gradients);
    for (const threads of [2, 3, 5]) expect(on(threads, gradients)).toEqual(wanted);
  });

  // prettier-ignore
  it.each<[string, number[][], (...inputs: tf.Tensor4D[]) => tf.Tensor]>([
    ['conv2d', [[2, 21, 23, 8], [3, 3, 8, 12]], (x, w) => tf.conv2d(x, w, 1, 'same')],
    ['conv2d of few tiles', [[2, 5, 6, 8], [3, 3, 8, 28]], (x, w) => tf.conv2d(x, w, 1, 'same')],
    ['conv2d of many tiles', [[1, 170, 170, 8], [3, 3, 8, 20]], (x, w) => tf.conv2d(x, w, 1, 'same')],
    ['conv2d of few outputs', [[2, 21, 23, 5], [3, 3, 5, 3]], (x, w) => tf.conv2d(x, w, 1, 'same')],
    ['conv2d with strides', [[2, 21, 23, 5], [5, 5, 5, 7]], (x, w) => tf.conv2d(x, w, 2, 'same')],
    ['conv2d with dilations', [[2, 21, 23, 8], [3, 3, 8, 12]], (x, w) => tf.conv2d(x, w, 1, 'same', 'NHWC', 2)],
    ['depthwiseConv2d', [[2, 21, 23, 8], [3, 3, 8, 2]], (x, w) => tf.depthwiseConv2d(x, w, 1, 'same')],
    ['conv3d', [[2, 5, 9, 11, 4], [3, 3, 3, 4, 6]], (x, w) => tf.conv3d(as5D(x), as5D(w), 1, 'same')],
    ['conv3d by tiles', [[2, 9, 9, 11, 8], [3, 3, 3, 8, 12]], (x, w) => tf.conv3d(as5D(x), as5D(w), 1, 'same')],
    ['maxPool3d', [[2, 5, 9, 11, 4]], (x) => tf.maxPool3d(as5D(x), 3, 2, 'same')],
    ['avgPool', [[2, 21, 23, 8]], (x) => tf.avgPool(x, 3, 2, 'same')],
    ['resizeBilinear', [[2, 21, 23, 8]], (x) => tf.image.resizeBilinear(x, [33, 40], false, true)],
    ['mean', [[2, 21, 23, 8]], (x) => tf.mean(x, [0, 1, 2])],
    ['add', [[2, 81, 83, 9], [2, 81, 83, 9]], (x, y) => tf.add(x, y)],
    ['concat', [[2, 81, 83, 9], [2, 81, 83, 24]], (x, y) => tf.concat([x, y], 3)],
    ['split', [[2, 81, 83, 33]], (x) => tf.mul(...(tf.split(x, [16, 16, 1], 3).slice(0, 2) as [tf.Tensor, tf.Tensor]))],
  ])('give %s and its gradients the same bits as on one', (_, shapes, f) => {
    const inputs = shapes.map((shape, i) => tf.randomNormal(shape, 0, 1, 'float32', i + 1));
    const bits = (): string[] =>
      tf.tidy(() => {
        const { value, grads } = tf.valueAndGrads((...x: tf.Tensor[]) => {
          const y = f(...(x as tf.Tensor4D[]));
          return tf.sum(tf.mul(y, tf.cos(y)));
        })(inputs);
        const results = [value, ...grads, f(...(inputs as tf.Tensor4D[]))];
        return results.map((tensor) => createHash('sha256').update(tensor.dataSync()).digest('hex'));
      });
    const wanted = on(1, bits);
    for (const threads of [2, 3]) expect(on(threads, bits)).toEqual(wanted);
    tf.dispose(inputs);
  });

  it.each([
    ...['ce + l1(temperature=10)', 'dice(squared=true)', 'focal', 'focal(activation=sigmoid)', 'poly'],
    ...['lovasz', 'topk', 'mcc'],
  ])('give the loss %s and its gradient the same bits as on one', (spec) => {
    const loss = parseLoss(spec);
    const [pixels, classes] = [9001, 5]; // several parts of 4096 pixels
    const { next } = numbers(4);
    const indices = tf.tensor2d(Int32Array.from({ length: 2 * pixels }, () => Math.floor(next() * classes)), [2, pixels], 'int32'); // prettier-ignore
    const logits = tf.randomNormal([2, pixels, classes], 0, 1, 'float32', 1);
    const soft = tf.softmax(tf.randomNormal([2, pixels, classes], 0, 1, 'float32', 2));
    const bits = (): string[] =>
      tf.tidy(() =>
        [indices, soft].flatMap((labels) => {
          const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => loss(labels, z))(logits);
          return [value, grad].map((tensor) => createHash('sha256').update(tensor.dataSync()).digest('hex'));
        }),
      );
    const wanted = on(1, bits);
    for (const threads of [2, 3]) expect(on(threads, bits)).toEqual(wanted);
    tf.dispose([indices, logits, soft]);
  });

  it('normalize a batch with the same bits as on one', () => {
    const x = tf.randomNormal([4, 64, 64, 16], 0, 1, 'float32', 1);
    const [scale, offset] = [tf.ones([16]) as tf.Tensor1D, tf.zeros([16]) as tf.Tensor1D];
    const bits = (): string =>
      tf.tidy(() => {
        const f = (a: tf.Tensor) => batchNormOfBatch(a, scale, offset, 1e-3, 'relu').output;
        return createHash('sha256')
          .update(
            tf
              .grad((a) => tf.square(f(a)))(x)
              .dataSync(),
          )
          .digest('hex');
      });
    const wanted = on(1, bits);
    for (const threads of [2, 3]) expect(on(threads, bits)).toEqual(wanted);
    tf.dispose([x, scale, offset]);
  });

  it('hold no tensors and do not stop in 200 steps', () => {
    const x = tf.randomNormal([4, 32, 32, 8], 0, 1, 'float32', 1) as tf.Tensor4D;
    const f = (a: tf.Tensor) => tf.maxPool(tf.relu(a as tf.Tensor4D), 2, 2, 'same');
    const step = () => tf.tidy(() => tf.sum(tf.grad(f)(x)).dataSync()[0]);
    const wanted = on(1, step);
    on(3, () => {
      const before = tf.memory().numTensors;
      for (let i = 0; i < 200; i++) expect(step()).toBe(wanted);
      expect(tf.memory().numTensors).toBe(before);
    });
    x.dispose();
  });

  it('read and write tensors in a memory that has grown', () => {
    on(3, () => {
      const size = () => memoryOf(tf.backend() as WasmBackend).buffer.byteLength;
      for (let before = size(), edge = 256; size() < before + 40e6; edge *= 2) {
        tf.tidy(() => {
          const x = tf.fill([1, edge, edge, 4], 3) as tf.Tensor4D;
          const gradient = tf.grad((a: tf.Tensor) => tf.maxPool(a as tf.Tensor4D, 1, 1, 'same'))(x);
          expect(gradient.dataSync().every((value) => value === 1)).toBe(true);
        });
      }
    });
  });

  it('give plain typed arrays', () => {
    const values = tf.tensor1d([1, 2, 3]).dataSync();
    expect(Object.prototype.toString.call(values.buffer)).toBe('[object ArrayBuffer]');
  });

  it.each([0, 1.5, NaN, -2, 65, '2' as unknown as number])('cannot be %p', (count) => {
    expect(() => setWasmThreads(count)).toThrow(/^setWasmThreads: wanted a whole number from 1 to 64, got /);
  });
});

describe('a module with its memory declared shared', () => {
  const u8 = (...bytes: number[]) => Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...bytes]);

  it.each([
    ['its own memory', u8(5, 4, 1, 1, 1, 2)],
    ['a custom section before', u8(0, 3, 1, 0x61, 5, 5, 4, 1, 1, 1, 2)],
    ['an imported memory', u8(2, 9, 1, 1, 0x61, 1, 0x62, 2, 1, 1, 2)],
  ])('is valid with %s', (_, bytes) => {
    expect(WebAssembly.validate(bytes)).toBe(true);
    const shared = withSharedMemory(bytes)!;
    const changed = [...bytes.keys()].filter((i) => bytes[i] !== shared[i]);
    expect(changed).toEqual([bytes.length - 3]);
    expect([...bytes][changed[0]!]).toBe(1);
    expect(shared[changed[0]!]).toBe(3);
    expect(WebAssembly.validate(shared)).toBe(true);
  });

  it('is not made of one without a maximum, without a memory, or shared already', () => {
    expect(withSharedMemory(u8(5, 3, 1, 0, 1))).toBeUndefined();
    expect(withSharedMemory(u8())).toBeUndefined();
    expect(withSharedMemory(u8(5, 4, 1, 3, 1, 2))).toBeUndefined();
  });
});
