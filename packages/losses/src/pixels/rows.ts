import { reshape, type Tensor3D } from '@tensorflow/tfjs-core';

import { type Aggregation } from '../options/aggregation.js';

/** The elements `[B, N, E]` of each image, or of the batch, as one column: `[B, N·E, 1]` or `[1, B·N·E, 1]`. */
export function aggregateRows(x: Tensor3D, aggregation: Aggregation): Tensor3D {
  return reshape(x, [aggregation === 'perImage' ? x.shape[0] : 1, -1, 1]);
}
