import { fill, greater, tile, where, zerosLike, type Tensor3D } from '@tensorflow/tfjs-core';

/** The label value that marks an ignored pixel unless another is given. */
export const DEFAULT_IGNORE_INDEX = 255;

/** `x` with 0 at the ignored pixels, so that not even a NaN or ∞ there is seen. */
export function hideIgnored(x: Tensor3D, valid: Tensor3D): Tensor3D {
  return where(greater(valid, 0), x, zerosLike(x)) as Tensor3D;
}

/**
 * Logits for a softmax: a channel that is ignored by itself gets nothing of it, as if it did not exist; a pixel that is ignored as a
 * whole is hidden as by {@link hideIgnored}.
 */
export function softmaxLogits(logits: Tensor3D, valid: Tensor3D): Tensor3D {
  if (valid.shape[2] === 1) return hideIgnored(logits, valid);
  return where(greater(valid, 0), logits, fill(logits.shape, NOTHING)) as Tensor3D;
}

const NOTHING = -1e30; // e^ of it is 0, and no product of it is infinite

/** `valid` for every channel of `like`, `[B, N, K]`. */
export function elementsOf(valid: Tensor3D, like: Tensor3D): Tensor3D {
  const classes = like.shape[2];
  return valid.shape[2] === classes ? valid : tile(valid, [1, 1, classes]);
}
