import { tensor3d, tidy, type Tensor3D } from '@tensorflow/tfjs-core';

/**
 * A map for every image and channel, made on typed arrays from where `x` exceeds 1/2. It reads the tensor back, so it needs a
 * backend that can do so at once (all but webgpu), and it carries no gradient.
 *
 * @param x `[B, N, K]`. @param make The map of one mask of N pixels, row-major.
 */
export function mapsOf(x: Tensor3D, make: (mask: Uint8Array) => ArrayLike<number>): Tensor3D {
  const [batch, pixels, channels] = x.shape;
  const values = x.dataSync();
  const maps = new Float32Array(values.length);
  const mask = new Uint8Array(pixels);
  for (let b = 0; b < batch; b++) {
    for (let k = 0; k < channels; k++) {
      const start = b * pixels * channels + k;
      for (let i = 0; i < pixels; i++) mask[i] = values[start + i * channels]! > 0.5 ? 1 : 0;
      const map = make(mask);
      for (let i = 0; i < pixels; i++) maps[start + i * channels] = map[i]!;
    }
  }
  return tidy(() => tensor3d(maps, [batch, pixels, channels]));
}
