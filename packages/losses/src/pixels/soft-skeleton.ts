import { add, mul, relu, sub, type Tensor3D } from '@tensorflow/tfjs-core';

import { dilate, erode } from './neighbors.js';

/** What each opening takes away from an image that is eroded again and again. */
export function softSkeleton(x: Tensor3D, space: readonly number[], iterations: number): Tensor3D {
  const ridge = (y: Tensor3D) => relu(sub(y, dilate(erode(y, space), space))) as Tensor3D;
  let skeleton = ridge(x);
  for (let i = 0; i < iterations; i++) {
    x = erode(x, space);
    const more = ridge(x);
    skeleton = add(skeleton, relu(sub(more, mul(skeleton, more)))) as Tensor3D;
  }
  return skeleton;
}
