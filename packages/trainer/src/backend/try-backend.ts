import { wasmKernelsSupported } from '@segloss/kernels';
import * as tf from '@tensorflow/tfjs-core';

import { cpu } from './cpu.js';
import { backendErrors } from '../loop/device.js';
import { firstLine, MissingPackageError } from './packages.js';
import { proveGradient } from './prove-gradient.js';
import { tensorflow } from './tensorflow.js';
import {
  BACKEND_NAMES,
  type BackendFacts,
  type BackendName,
  type BackendTrial,
  type Candidate,
  type LoadOptions,
} from './types.js';
import { wasm } from './wasm.js';
import { webgpu } from './webgpu.js';

const BY_NAME: Readonly<Record<BackendName, Candidate>> = { tensorflow, webgpu, wasm, cpu };

/** In the order of preference. */
export const CANDIDATES: readonly Candidate[] = BACKEND_NAMES.map((name) => BY_NAME[name]);

/** Why `auto` does not take a backend that works; undefined where it does. */
export function passedOver({ tensorflow: native, webgpu: gpu }: BackendFacts): string | undefined {
  if (gpu?.software) return `${gpu.adapter} is a program on the processor, slower than wasm`;
  if (native?.gpu === false && wasmKernelsSupported()) {
    return 'it computes on the processor, where wasm was measured two to four times as fast; name tensorflow to use it all the same';
  }
  return undefined;
}

/** Makes a candidate the backend of tfjs and proves it; never rejects. */
export async function tryBackend(candidate: Candidate, options: LoadOptions): Promise<BackendTrial> {
  const { name, remedy } = candidate;
  try {
    await import('@tensorflow/tfjs-layers'); // registers the gradients
    tf.env().set('PROD', true); // no banners
    await candidate.load(options);
    if (tf.findBackendFactory(name) === null) {
      throw new Error(
        'it registered with another copy of @tensorflow/tfjs-core, or was imported too early; npm ls @tensorflow/tfjs-core shows the copies, npm dedupe joins them',
      );
    }
    if (!(await tf.setBackend(name))) throw new Error('tfjs could not start it');
    await tf.ready();
    const merit = candidate.merit(options);
    const better = options.insist ? undefined : passedOver(merit);
    if (better !== undefined) throw new Error(better);
    await proveGradient();
    await backendErrors();
    return { name, works: true, ...merit };
  } catch (error) {
    const missing = error instanceof MissingPackageError;
    return {
      name,
      works: false,
      reason: firstLine((error as Error).message),
      ...(missing && { missing }),
      remedy,
    };
  }
}
