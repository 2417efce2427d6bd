import { findBackend } from '@tensorflow/tfjs-core';

import { provideGPU, requestAdapter } from './dawn.js';
import { type GpuAdapter } from '../loop/adapter.js';
import { watchDevice } from '../loop/device.js';
import { isMissing, MissingPackageError } from './packages.js';
import { type Candidate } from './types.js';

let adapter: GpuAdapter | undefined;

export const webgpu: Candidate = {
  name: 'webgpu',
  remedy: 'npm install webgpu @tensorflow/tfjs-backend-webgpu, and a driver for the GPU (on Linux: Vulkan)',

  async load({ insist }) {
    await provideGPU();
    adapter = await requestAdapter();
    if (adapter.software && !insist) {
      throw new Error(
        `the only adapter is ${adapter.name}, a program on the processor, slower than wasm; name webgpu to use it all the same`,
      );
    }
    try {
      await import('@segloss/kernels/webgpu'); // tfjs looks for navigator.gpu when it is imported
    } catch (error) {
      const backend = '@tensorflow/tfjs-backend-webgpu';
      throw isMissing(error, backend) ? new MissingPackageError(`${backend} is not installed`) : error;
    }
  },

  merit() {
    watchDevice(findBackend('webgpu'));
    const { name, software } = adapter!;
    const what = software ? 'a program on the processor, slower than wasm' : 'a GPU';
    return { reason: `WebGPU on ${name}, ${what}`, webgpu: { adapter: name, software } };
  },
};
