import {
  abs,
  add,
  cast,
  ceil,
  clipByValue,
  equal,
  greaterEqual,
  less,
  maximum,
  mul,
  neg,
  relu,
  reshape,
  sign,
  sub,
  tidy,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withGradient } from '../custom-gradient.js';
import { pixelSum, quotient } from '../math.js';

/** How probabilities are sorted into bins. */
export interface Binning {
  readonly binning: 'hard' | 'soft';
  readonly bins: number;
  /** Soft bins of less weight than this are empty; hard ones are when they have no pixel. */
  readonly emptyWeight: number;
}

/**
 * Mean over the filled bins of |mean s - mean y|, for each image and class `[B, K]`. One bin is in memory at a time, in the
 * forward and in the backward pass.
 *
 * @param s Probabilities, @param y labels and @param v which elements count, all `[B, N, K]`.
 */
export function binGaps(s: Tensor3D, y: Tensor3D, v: Tensor3D, options: Binning): Tensor2D {
  return withGradient(
    s,
    [y, v],
    (given) => tidy(() => meanGap(eachBin(given, y, v, options))),
    (dy, given, labels, valid) => tidy(() => slopes(dy, given, labels!, valid!, options)),
  );
}

/** One bin: the weight of each pixel and its derivative, their sum, the signed gap, and whether the bin is filled. */
interface Bin {
  readonly weight: Tensor3D;
  readonly slope: Tensor3D | undefined;
  readonly total: Tensor2D;
  readonly gap: Tensor2D;
  readonly filled: Tensor2D;
}

type BinUse = <T extends Tensor>(use: (bin: Bin) => T) => T;

function* eachBin(s: Tensor3D, y: Tensor3D, v: Tensor3D, options: Binning): Generator<BinUse> {
  const weigh = options.binning === 'hard' ? hardWeights(s, options.bins) : softWeights(s, options.bins);
  const least = options.binning === 'hard' ? 0.5 : Math.max(options.emptyWeight, 1e-9);
  for (let m = 0; m < options.bins; m++) {
    yield (use) =>
      tidy(() => {
        const { weight: all, slope } = weigh(m);
        const weight = mul(all, v) as Tensor3D;
        const total = pixelSum(weight);
        const gap = quotient(pixelSum(mul(weight, sub(s, y)) as Tensor3D), total) as Tensor2D;
        const filled = cast(greaterEqual(total, least), 'float32') as Tensor2D;
        return use({ weight, slope: slope && (mul(slope, v) as Tensor3D), total, gap, filled });
      });
  }
}

function meanGap(bins: Iterable<BinUse>): Tensor2D {
  let [sum, count]: [Tensor | undefined, Tensor | undefined] = [undefined, undefined];
  for (const bin of bins) {
    const gap = bin(({ gap: signed, filled }) => mul(filled, abs(signed)));
    const filled = bin((one) => add(one.filled, 0));
    [sum, count] = [sum ? add(sum, gap) : gap, count ? add(count, filled) : filled];
  }
  return quotient(sum!, count!) as Tensor2D;
}

/** ∂/∂s_i = Σ_m ±(w_m(s_i) + w_m'(s_i) (s_i - y_i - gap_m)) / (W_m M) */
function slopes(dy: Tensor2D, s: Tensor3D, y: Tensor3D, v: Tensor3D, options: Binning): Tensor3D {
  const [batch, , classes] = s.shape;
  const spread = (x: Tensor) => reshape(x, [batch, 1, classes]) as Tensor3D;
  let sum = zerosLike(s);
  let count: Tensor | undefined;
  for (const bin of eachBin(s, y, v, options)) {
    const filled = bin((one) => add(one.filled, 0));
    count = count ? add(count, filled) : filled;
    sum = add(
      sum,
      bin(({ weight, slope, total, gap, filled: used }) => {
        const change = slope ? add(weight, mul(slope, sub(sub(s, y), spread(gap)))) : weight;
        return mul(spread(mul(used, quotient(sign(gap), total))), change);
      }),
    );
  }
  return mul(sum, spread(quotient(dy, maximum(count!, 1))));
}

/** Bins (low, high]; 0 is in the first one. */
function hardWeights(s: Tensor3D, bins: number) {
  const place = clipByValue(sub(ceil(mul(s, bins)), 1), 0, bins - 1);
  return (m: number) => ({ weight: cast(equal(place, m), 'float32') as Tensor3D, slope: undefined });
}

/** The share of each pixel that falls to the bin center (m + 1/2)/bins; linear between two centers, and constant beyond the outermost. */
function softWeights(s: Tensor3D, bins: number) {
  const free = sub(mul(s, bins), 0.5);
  const place = clipByValue(free, 0, bins - 1);
  const moves = mul(bins, cast(equal(place, free), 'float32'));
  return (m: number) => {
    const away = sub(place, m);
    const near = cast(less(abs(away), 1), 'float32');
    return {
      weight: relu(sub(1, abs(away))) as Tensor3D,
      slope: mul(moves, mul(near, neg(sign(away)))) as Tensor3D,
    };
  };
}
