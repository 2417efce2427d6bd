import { checkChoice } from '@segloss/common';
import { releaseBackend } from './release.js';
import { threadsOf } from './threads.js';
import { CANDIDATES, tryBackend } from './try-backend.js';
import {
  BACKEND_NAMES,
  type BackendChoice,
  type BackendFacts,
  type BackendName,
  type BackendOptions,
  type BackendTrial,
} from './types.js';

const NAMES: readonly string[] = ['auto', ...BACKEND_NAMES];

/**
 * Makes the best backend that works the backend of tfjs. Each is proven by a convolution gradient with known numbers. The packages
 * of `tensorflow` (`@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`) and `webgpu` (`webgpu` and `@tensorflow/tfjs-backend-webgpu`)
 * are optional and looked for when it runs. WebGPU keeps the process alive until {@link releaseBackend}.
 *
 * @param wanted A name insists on that backend; `auto` (default) takes the first that works of tensorflow, webgpu, wasm, cpu. A
 *   WebGPU that is a program on the processor (SwiftShader, llvmpipe) is slower than wasm, and so is native TensorFlow without a GPU: `auto` passes over
 *   both.
 * @param options See {@link BackendOptions}.
 * @throws {RangeError} If the name or the number of threads is wrong. @throws {TypeError} If an option is unknown.
 * @throws {Error} If none works; it lists every reason and remedy.
 *
 * @example
 * ```ts
 * const { name, tried } = await selectBackend('cpu');
 * name; // → "cpu"
 * tried.length; // → 1
 * ```
 */
export async function selectBackend(
  wanted: BackendName | 'auto' = 'auto',
  options: BackendOptions = {},
): Promise<BackendChoice> {
  checkChoice('selectBackend', 'the backend', wanted, NAMES);
  const candidates = CANDIDATES.filter(({ name }) => wanted === 'auto' || wanted === name);
  const load = { insist: wanted !== 'auto', threads: threadsOf(wanted, options) };
  const tried: BackendTrial[] = [];
  for (const candidate of candidates) {
    const trial = await tryBackend(candidate, load);
    tried.push(trial);
    if (trial.works) {
      const why = wanted === 'auto' ? 'best of what works here' : 'requested';
      return { name: trial.name, reason: `${why}: ${trial.reason}`, ...factsOf(trial), tried };
    }
    if (candidate.name === 'webgpu') await releaseBackend();
  }
  const list = tried.map(({ name, reason, remedy }) => `\n  ${name}: ${reason}; ${remedy}`);
  throw new Error(`selectBackend: no backend works:${list.join('')}`);
}

function factsOf({ tensorflow, webgpu, wasm }: BackendFacts): BackendFacts {
  return { ...(tensorflow && { tensorflow }), ...(webgpu && { webgpu }), ...(wasm && { wasm }) };
}
