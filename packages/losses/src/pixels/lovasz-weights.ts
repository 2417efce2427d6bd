import {
  add,
  cast,
  cumsum,
  div,
  fill,
  gather,
  greater,
  maximum,
  mul,
  neg,
  pad,
  range,
  reshape,
  slice,
  sub,
  sum,
  topk,
  transpose,
  where,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { LOVASZ_WEIGHTS_KERNEL } from '../statistics/contract.js';
import { hasFused, runFused } from '../statistics/fused.js';

/**
 * The slope of the Lovász extension of the Jaccard loss by each error, `[G, M, C]`: with the errors of a group and column sorted
 * downwards, J_k = 1 - (G - Σ_{j≤k} y_j) / (G + Σ_{j≤k} (1 - y_j)) and the slope is J_k - J_{k-1}. Of equal errors the first
 * comes first. Carries no gradient.
 *
 * @param target Labels, 0 at ignored entries.
 * @param valid 0 at ignored entries; these come last.
 * @see Berman, Triki, Blaschko, CVPR 2018, arXiv:1705.08790, algorithm 1.
 */
export function lovaszWeights(errors: Tensor3D, target: Tensor3D, valid: Tensor3D): Tensor3D {
  if (hasFused(LOVASZ_WEIGHTS_KERNEL)) {
    return runFused(LOVASZ_WEIGHTS_KERNEL, { errors, target, valid });
  }
  const [groups, length, columns] = errors.shape;
  const ranked = where(greater(valid, 0), errors, fill(errors.shape, -1e30));
  const [e, y] = [ranked, target].map((x) => reshape(transpose(x as Tensor3D, [0, 2, 1]), [groups * columns, length])) as [Tensor2D, Tensor2D]; // prettier-ignore
  return transpose(reshape(weightsOfRows(e, y), [groups, columns, length]), [0, 2, 1]) as Tensor3D;
}

function weightsOfRows(errors: Tensor2D, target: Tensor2D): Tensor {
  const [rows, length] = errors.shape;
  const { indices: order } = topk(errors, length, true);
  const y = pick(target, cast(order, 'int32') as Tensor2D);
  const all = sum(y, -1, true);
  // Not axis -1: the wasm backend computes a wrong shape for it.
  const remaining = sub(all, cumsum(y, 1));
  const union = add(all, cumsum(sub(1, y), 1));
  const jaccard = sub(1, div(remaining, maximum(union, 1e-7))) as Tensor2D;
  // Padded first, so that no tensor is empty where there is one pixel.
  const before = slice(pad(jaccard, [[0, 0], [1, 0]]), [0, 0], [rows, length]); // prettier-ignore
  // Where each entry stands in the order: the order of the order (exact in float32 up to 2^24 entries).
  const { indices: place } = topk(neg(cast(order, 'float32')), length, true);
  return pick(sub(jaccard, before) as Tensor2D, cast(place, 'int32') as Tensor2D);
}

/** `x[r, indices[r, i]]` */
function pick(x: Tensor2D, indices: Tensor2D): Tensor2D {
  const [rows, length] = x.shape;
  const start = reshape(mul(range(0, rows, 1, 'int32'), length), [rows, 1]);
  const flat = reshape(add(indices, start), [rows * length]) as Tensor1D;
  return reshape(gather(reshape(x, [rows * length]), cast(flat, 'int32')), [rows, length]);
}
