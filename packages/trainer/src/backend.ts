import { wasmKernelsSupported } from '@segloss/kernels';
import * as tf from '@tensorflow/tfjs-core';

/** The tfjs backends that training runs on in Node. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** One backend that was tried. */
export interface BackendTrial {
  readonly name: BackendName;
  readonly works: boolean;
  /** What works, or why it does not. */
  readonly reason: string;
}

/** The backend that was chosen, and why. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly reason: string;
  readonly tried: readonly BackendTrial[];
}

interface Candidate {
  readonly name: BackendName;
  /** How to get it. */
  readonly remedy: string;
  /** Resolves to what speaks for it. */
  load(): Promise<string>;
}

/** In the order of preference. */
const CANDIDATES: readonly Candidate[] = [
  {
    name: 'tensorflow',
    remedy: 'npm install @tensorflow/tfjs-node (or @tensorflow/tfjs-node-gpu)',
    async load() {
      await loadTensorflow();
      return 'native TensorFlow is installed';
    },
  },
  {
    name: 'wasm',
    remedy: 'use a Node with WebAssembly',
    async load() {
      await import('@segloss/kernels/wasm');
      return wasmKernelsSupported()
        ? 'WebAssembly with the training kernels of @segloss/kernels, no native install'
        : 'WebAssembly without SIMD, several times slower than with it, no native install';
    },
  },
  {
    name: 'cpu',
    remedy: 'npm install @tensorflow/tfjs-backend-cpu',
    async load() {
      await import('@segloss/kernels/cpu');
      return 'plain JavaScript works everywhere, slowly';
    },
  },
];

/**
 * Makes the best backend that works the backend of tfjs. Each is proven by a convolution gradient with known numbers.
 *
 * @param wanted A name insists on that backend; `auto` (default) takes the first that works of tensorflow, wasm, cpu.
 * @throws {RangeError} If the name is unknown. @throws {Error} If none works; it lists every reason and remedy.
 *
 * @example
 * ```ts
 * const { name, tried } = await selectBackend('cpu');
 * name; // → "cpu"
 * tried.length; // → 1
 * ```
 */
export async function selectBackend(wanted: BackendName | 'auto' = 'auto'): Promise<BackendChoice> {
  const candidates = wanted === 'auto' ? CANDIDATES : CANDIDATES.filter(({ name }) => name === wanted);
  if (candidates.length === 0) {
    const names = ['auto', ...CANDIDATES.map(({ name }) => name)].join(', ');
    throw new RangeError(`selectBackend: wanted one of ${names}, got ${JSON.stringify(wanted)}`);
  }
  await import('@tensorflow/tfjs-layers'); // registers the gradients
  tf.env().set('PROD', true); // no banners
  const tried: BackendTrial[] = [];
  for (const { name, load } of candidates) {
    try {
      const merit = await load();
      if (!(await tf.setBackend(name))) throw new Error('tfjs could not start it');
      await tf.ready();
      proveGradient();
      tried.push({ name, works: true, reason: merit });
      const reason = wanted === 'auto' ? `best of what works here: ${merit}` : `asked for: ${merit}`;
      return { name, reason, tried };
    } catch (error) {
      tried.push({ name, works: false, reason: firstLine((error as Error).message) });
    }
  }
  const list = tried.map(({ name, reason }) => {
    const { remedy } = CANDIDATES.find((candidate) => candidate.name === name)!;
    return `\n  ${name}: ${reason}; ${remedy}`;
  });
  throw new Error(`selectBackend: no backend works:${list.join('')}`);
}

/** The derivative of Σ x·w by a filter as large as the image is the image. */
function proveGradient(): void {
  const gradient = tf.tidy(() => {
    const image = tf.tensor4d([1, -2, 3, -4], [1, 2, 2, 1]);
    const filter = tf.tensor4d([0.5, 1, 2, 4], [2, 2, 1, 1]);
    const f = (w: tf.Tensor) => tf.sum(tf.conv2d(image, w as tf.Tensor4D, 1, 'valid'));
    return Array.from(tf.grad(f)(filter).dataSync());
  });
  if (gradient.join() !== '1,-2,3,-4')
    throw new Error(`its convolution gradient is wrong: ${gradient.join()}`);
}

async function loadTensorflow(): Promise<void> {
  // tfjs-node 4.22 calls two functions that Node 23 removed.
  const util = (await import('node:util')).default as unknown as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  const reasons: string[] = [];
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      await import(name);
      return;
    } catch (error) {
      reasons.push(firstLine((error as Error).message));
    }
  }
  const missing = reasons.every((reason) => /cannot find (package|module)/i.test(reason));
  throw new Error(missing ? '@tensorflow/tfjs-node is not installed' : reasons.join('; '));
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.trim();
}
