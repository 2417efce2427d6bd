import {
  abs,
  add,
  exp,
  log1p,
  minimum,
  mul,
  neg,
  sigmoid,
  sign,
  sub,
  zerosLike,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { hideIgnored } from '../inputs/read.js';
import { pixelSum } from '../math.js';
import { type RegionKernelAttributes } from './region.js';
import { sharedSum } from './shared.js';
import { type StatisticName } from '../types.js';

/** log σ(z) = min(z, 0) - log(1 + e^-|z|), finite for every finite z */
export function logSigmoid(z: Tensor3D): Tensor3D {
  return sub(minimum(z, 0), log1p(exp(neg(abs(z))))) as Tensor3D;
}

/** Every sum that is asked for, with s = sigmoid(z): composed operations, any backend. */
export function sigmoidSums(
  logits: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  { statistics, temperature }: RegionKernelAttributes,
): Tensor2D[] {
  const z = hideIgnored(logits, v);
  const probabilities = {
    s: sigmoid(z),
    logS: () => logSigmoid(z),
    tempered: () => sigmoid(mul(temperature, z)) as Tensor3D,
  };
  return statistics.map(
    (name) => sharedSum(name, y, v, probabilities) ?? complementSum(name, z, y, v, temperature),
  );
}

/** The sums over 1 - s = sigmoid(-z), without the cancellation of a difference. */
function complementSum(
  name: StatisticName,
  z: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  temperature: number,
): Tensor2D {
  switch (name) {
    case 'predictedComplement':
      return pixelSum(mul(v, sigmoid(neg(z))));
    case 'temperedComplement':
      return pixelSum(mul(v, sigmoid(mul(-temperature, z))));
    case 'complementLogLikelihood':
      return pixelSum(mul(sub(v, y), logSigmoid(neg(z))));
    case 'complementLogSum':
      return pixelSum(mul(v, logSigmoid(neg(z))));
    default:
      throw new RangeError(`sigmoid has no statistic "${name}"`);
  }
}

/** The gradient of the logits, given the derivative by each sum, `[B, 1, K]`. */
export function sigmoidSumsGradient(
  logits: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  { statistics, temperature }: RegionKernelAttributes,
  factors: readonly Tensor3D[],
): Tensor3D {
  const z = hideIgnored(logits, v);
  const s = sigmoid(z);
  const c = sigmoid(neg(z)); // 1 - s without cancellation
  const slope = mul(s, c); // ∂s/∂z
  const parts = statistics.flatMap((name, i) => {
    const factor = factors[i]!;
    switch (name) {
      case 'predicted':
        return [mul(mul(v, factor), slope)];
      case 'predictedComplement':
        return [neg(mul(mul(v, factor), slope))];
      case 'predictedSquares':
        return [mul(mul(v, factor), mul(mul(2, s), slope))];
      case 'overlap':
        return [mul(mul(y, factor), slope)];
      case 'overlapSquares':
        return [mul(mul(y, factor), mul(mul(2, s), slope))];
      case 'difference':
        return [mul(mul(v, factor), mul(sign(sub(s, y)), slope))];
      case 'logLikelihood':
        return [mul(mul(y, factor), c)];
      case 'logSum':
        return [mul(mul(v, factor), c)];
      case 'complementLogLikelihood':
        return [neg(mul(mul(sub(v, y), factor), s))];
      case 'complementLogSum':
        return [neg(mul(mul(v, factor), s))];
      case 'tempered':
        return [mul(mul(v, factor), temperedSlope(z, temperature))];
      case 'temperedComplement':
        return [neg(mul(mul(v, factor), temperedSlope(z, temperature)))];
      default:
        return []; // counts of pixels do not depend on the logits
    }
  });
  return parts.length === 0
    ? zerosLike(logits)
    : (parts.reduce((left, right) => add(left, right)) as Tensor3D);
}

/** ∂σ(T z)/∂z */
function temperedSlope(z: Tensor3D, temperature: number): Tensor3D {
  return mul(temperature, mul(sigmoid(mul(temperature, z)), sigmoid(mul(-temperature, z)))) as Tensor3D;
}
