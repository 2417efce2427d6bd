import * as tf from '@tensorflow/tfjs-core';

/**
 * How many tensors a function leaves behind, its result not counted (that is disposed here). Zero is right.
 * A function that returns a promise gives a promise.
 */
export function tensorLeaks(f: () => Promise<unknown>): Promise<number>;
export function tensorLeaks(f: () => unknown): number;
export function tensorLeaks(f: () => unknown): number | Promise<number> {
  const before = tf.memory().numTensors;
  const count = (result: unknown): number => {
    tf.dispose(result as tf.TensorContainer);
    return tf.memory().numTensors - before;
  };
  const result = f();
  return result instanceof Promise ? result.then(count) : count(result);
}
