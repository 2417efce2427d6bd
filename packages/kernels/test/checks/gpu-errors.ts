import * as tf from '@tensorflow/tfjs-core';

/** Errors of shaders and commands from now on: tfjs only logs them and continues with what the buffers held. */
export function gpuErrors(): string[] {
  const { device } = tf.backend() as unknown as { device: EventTarget };
  const errors: string[] = [];
  device.addEventListener('uncapturederror', (event) =>
    errors.push((event as unknown as { error: Error }).error.message),
  );
  return errors;
}
