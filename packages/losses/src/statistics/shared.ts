import { abs, mul, onesLike, square, sub, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { pixelSum } from '../math.js';
import { type StatisticName } from '../types.js';

/** Probabilities of the pixels `[B, N, K]`; what a sum may not need is made when it is asked for. */
export interface Probabilities {
  readonly s: Tensor3D;
  logS(): Tensor3D;
  /** At the temperature. */
  tempered(): Tensor3D;
}

/** A sum that softmax and sigmoid have in common, or undefined for the names that only a sigmoid has. */
export function sharedSum(
  name: StatisticName,
  y: Tensor3D,
  v: Tensor3D,
  { s, logS, tempered }: Probabilities,
): Tensor2D | undefined {
  switch (name) {
    case 'count':
      return pixelSum(mul(v, onesLike(y)));
    case 'target':
      return pixelSum(y);
    case 'targetSquares':
      return pixelSum(square(y));
    case 'predicted':
      return pixelSum(mul(v, s));
    case 'predictedSquares':
      return pixelSum(mul(v, square(s)));
    case 'overlap':
      return pixelSum(mul(y, s));
    case 'overlapSquares':
      return pixelSum(mul(y, square(s)));
    case 'difference':
      return pixelSum(mul(v, abs(sub(s, y))));
    case 'logLikelihood':
      return pixelSum(mul(y, logS()));
    case 'logSum':
      return pixelSum(mul(v, logS()));
    case 'tempered':
      return pixelSum(mul(v, tempered()));
    default:
      return undefined;
  }
}
