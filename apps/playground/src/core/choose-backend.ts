import type { GpuAdapter } from '@segloss/trainer/loop';

import { disagreement, firstSteps, type FirstSteps } from './first-steps.js';
import { gpuHere, type Gpu } from './gpu.js';
import { gpuFailure, startProcessor, startWebGPU, stopWebGPU, type Backend } from './train-backend.js';
import type { TrainData, TrainSettings } from './train-job.js';

/** What the user wants to compute on. */
export type WantedBackend = 'auto' | 'wasm' | 'webgpu';

/** What is needed to choose. */
export interface Wanted {
  readonly backend: WantedBackend;
  readonly settings: TrainSettings;
  readonly set: TrainData;
  /** Address of the folder of tfjs's wasm files. */
  readonly wasm: string;
  readonly threads: number;
  /** Called with what is being done. */
  readonly phase: (text: string) => void;
}

/** The backend in use, and the one to continue with if that is a GPU which fails. */
export interface Chosen {
  readonly backend: Backend;
  readonly processor: Backend;
  /** What the user should know of the choice. */
  readonly remark?: string;
}

/** The parts of the choice that need a browser; tests have others. */
export const PARTS = { gpuHere, gpuFailure, startProcessor, startWebGPU, stopWebGPU, firstSteps };

/**
 * Starts what is to compute. A GPU must first take the same steps as the processor, with the same numbers: drivers of GPUs have faults.
 * `auto` takes a real GPU where its numbers agree and it is faster, else WebAssembly.
 *
 * @throws {Error} If nothing starts, or if the training fails on the processor.
 */
export async function chooseBackend(wanted: Wanted, parts: typeof PARTS = PARTS): Promise<Chosen> {
  const { backend, settings, set, wasm, threads, phase } = wanted;
  phase('Starting WebAssembly');
  const processor = await parts.startProcessor(wasm, threads);
  const onProcessor = (remark?: string): Chosen => ({ backend: processor, processor, ...(remark && { remark }) }); // prettier-ignore
  if (backend === 'wasm') return onProcessor();
  const gpu = await parts.gpuHere();
  const adapter = adapterFor(backend, gpu);
  if (typeof adapter === 'string') return onProcessor(adapter);
  if (adapter === undefined) return onProcessor();
  phase(`Checking WebGPU against ${processor.name === 'wasm' ? 'WebAssembly' : 'plain JavaScript'}`);
  const expected = await parts.firstSteps(settings, set);
  try {
    const started = await parts.startWebGPU(adapter.name);
    const refusal = refusalOf(backend, expected, await parts.firstSteps(settings, set));
    if (refusal === undefined) return { backend: started, processor };
    await parts.stopWebGPU(processor);
    return onProcessor(`WebGPU (${adapter.name}) is not used: ${refusal}.`);
  } catch (error) {
    const reason = await parts.gpuFailure(error as Error);
    await parts.stopWebGPU(processor);
    return onProcessor(`WebGPU (${adapter.name}) is not used: ${reason}.`);
  }
}

/** The adapter to try; a sentence where the user insists on one that is not there; undefined where none is to be tried. */
function adapterFor(backend: WantedBackend, gpu: Gpu): GpuAdapter | string | undefined {
  if ('missing' in gpu) return backend === 'auto' ? undefined : `WebGPU is not used: ${gpu.missing}.`;
  return backend === 'auto' && gpu.adapter.software ? undefined : gpu.adapter;
}

/** Why a GPU is not used after its first steps; undefined where it is. */
function refusalOf(backend: WantedBackend, expected: FirstSteps, found: FirstSteps): string | undefined {
  const wrong = disagreement(expected, found);
  if (wrong !== undefined) return `its numbers differ, ${wrong}`;
  if (backend === 'auto' && found.ms >= expected.ms)
    return `a step takes ${found.ms.toPrecision(2)} ms on it and ${expected.ms.toPrecision(2)} ms without it`;
  return undefined;
}
