import { backend as currentBackend, getBackend, type KernelBackend } from '@tensorflow/tfjs-core';

/** Parts of tfjs's WebGPU backend that are used here. */
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

/** Collects the errors of shaders and commands from now on: tfjs continues after them, with whatever the buffers held. */
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

/** Collects the errors of the backend in use, if it is WebGPU; see {@link backendErrors}. */
export function watchBackend(): void {
  if (getBackend() === 'webgpu') watchDevice(currentBackend());
}

/** The WebGPU backend whose errors are collected. */
export function watchedBackend(): KernelBackend | undefined {
  return watched?.backend as unknown as KernelBackend | undefined;
}

/** Stops collecting, destroys the device, and waits until it is gone. */
export async function destroyDevice(): Promise<void> {
  if (watched === undefined) return;
  const { device } = watched.backend;
  device.destroy();
  await device.lost;
  watched = undefined;
}

/**
 * Waits for the commands that were given to the GPU, and rejects with the errors that it reported since the last call: of shaders
 * that do not compile, of sizes beyond its limits, of a lost device. tfjs only prints them, and the results are garbage, so a
 * training calls this after each step. On the other backends, which throw immediately, nothing happens.
 *
 * @throws {Error} If the device reported an error; the message holds the first and their number.
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
