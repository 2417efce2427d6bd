import { engine, findBackend, removeBackend } from '@tensorflow/tfjs-core';

import { destroyDevice, watchedBackend } from '../loop/device.js';
import { withdrawGPU } from './dawn.js';

/**
 * Ends what a backend holds, so that the process can end by itself: the WebGPU device is destroyed, with all tensors on it, and
 * `navigator.gpu` is gone; tfjs has no backend then, until {@link selectBackend} starts one, the same too. The other backends hold
 * nothing, and stay.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * await releaseBackend();
 * tf.getBackend(); // → "cpu"
 * ```
 */
export async function releaseBackend(): Promise<void> {
  const watched = watchedBackend();
  if (watched !== undefined) {
    if (findBackend('webgpu') === watched) {
      // To remove it is the only way to end it, but its factory is needed again.
      const { factory, priority } = engine().registryFactory.webgpu!;
      removeBackend('webgpu');
      engine().registerBackend('webgpu', factory, priority);
    }
    await destroyDevice();
  }
  withdrawGPU();
}
