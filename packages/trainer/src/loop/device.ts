import { engine, findBackend, getBackend, removeBackend, type KernelBackend } from '@tensorflow/tfjs-core';

import { withdrawGPU } from './dawn.js';

/** What we use of tfjs's WebGPU backend. */
interface WebGPUBackend {
  readonly device: EventTarget & {
    readonly queue: { onSubmittedWorkDone(): Promise<void> };
    readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
    destroy(): void;
  };
  /** Commands that were not given to the GPU yet. */
  readonly commandEncoder: object | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

interface Watched {
  readonly backend: WebGPUBackend;
  readonly errors: string[];
}

let watched: Watched | undefined;

/** Keeps the errors of shaders and commands from now on: tfjs goes on after them, with whatever the buffers held. */
export function watchDevice(backend: KernelBackend): void {
  const webgpu = backend as unknown as WebGPUBackend;
  if (watched?.backend === webgpu) return;
  const errors: string[] = [];
  watched = { backend: webgpu, errors };
  webgpu.device.addEventListener('uncapturederror', (event) => {
    event.preventDefault(); // or it is printed too
    errors.push((event as unknown as { error: Error }).error.message);
  });
  void webgpu.device.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') errors.push(`the device was lost: ${message}`);
  });
}

/**
 * Waits for the commands that were given to the GPU, and rejects with the errors that it reported since the last call: of shaders
 * that do not compile, of sizes beyond its limits, of a lost device. tfjs only prints them, and the results are garbage, so a
 * training calls this after each step. On the other backends, whose errors are thrown at once, nothing happens.
 *
 * @throws {Error} If the device reported an error; the message holds the first, and says how many there were.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * await backendErrors(); // → undefined
 * ```
 */
export async function backendErrors(): Promise<void> {
  if (watched === undefined || getBackend() !== 'webgpu') return;
  const { backend, errors } = watched;
  if (backend.commandEncoder) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.device.queue.onSubmittedWorkDone();
  const [first, ...others] = errors.splice(0);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new Error(
    `webgpu: the GPU reported an error${more}, so its results are wrong: ${first.trim()}; choose smaller images or batches, or another backend`,
  );
}

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
  if (watched !== undefined) {
    const { device } = watched.backend;
    if ((findBackend('webgpu') as unknown) === watched.backend) {
      // To remove it is the only way to end it, but its factory is needed again.
      const { factory, priority } = engine().registryFactory.webgpu!;
      removeBackend('webgpu');
      engine().registerBackend('webgpu', factory, priority);
    }
    device.destroy();
    await device.lost;
    watched = undefined;
  }
  withdrawGPU();
}
