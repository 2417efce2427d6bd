import * as tf from '@tensorflow/tfjs-core';

/** Rejects unless the backend knows: the derivative of Σ x·w by a filter as large as the image is the image. */
export async function proveGradient(): Promise<void> {
  const gradient = tf.tidy(() => {
    const image = tf.tensor4d([1, -2, 3, -4], [1, 2, 2, 1]);
    const filter = tf.tensor4d([0.5, 1, 2, 4], [2, 2, 1, 1]);
    const f = (w: tf.Tensor) => tf.sum(tf.conv2d(image, w as tf.Tensor4D, 1, 'valid'));
    return tf.grad(f)(filter);
  });
  const values = Array.from(await gradient.data()); // WebGPU cannot read at once
  gradient.dispose();
  if (values.join() !== '1,-2,3,-4') throw new Error(`its convolution gradient is wrong: ${values.join()}`);
}
