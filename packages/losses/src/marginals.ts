import { add, div, type Tensor2D } from '@tensorflow/tfjs-core';

import { PROPORTION_EPSILON } from './math.js';
import { checkNumber } from './options.js';
import { type LossContext, type RegionStatistics, type StatisticName } from './types.js';

/** Option of the losses on marginals. */
export interface TemperatureOption {
  /**
   * Factor T on the logits before softmax or sigmoid in the predicted marginals: larger is sharper. The paper's L1
   * configurations use 10. Large T has almost no gradient where the network is confident.
   */
  temperature: number;
}

/** Throws unless the temperature is a positive number. */
export function checkTemperature(name: string, temperature: number): void {
  checkNumber(name, 'temperature', temperature, 1e-6);
}

/** The sums that the marginals are made of. */
export function marginalStatistics({ activation }: LossContext): readonly StatisticName[] {
  const plain = ['count', 'target', 'tempered'] as const;
  return activation === 'sigmoid' ? [...plain, 'temperedComplement'] : plain;
}

/** Label marginals `[B, K]`: true q, predicted p(T), and with a sigmoid also 1 - p(T), free of cancellation. */
export interface Marginals {
  p: Tensor2D;
  q: Tensor2D;
  complement: Tensor2D | undefined;
}

/** (Σ + 1e-10) / (n + 1e-10), as in the reference implementation */
export function marginalsOf(sums: RegionStatistics): Marginals {
  const n = add(sums.count, PROPORTION_EPSILON);
  const share = (sum: Tensor2D) => div(add(sum, PROPORTION_EPSILON), n) as Tensor2D;
  return {
    p: share(sums.tempered),
    q: share(sums.target),
    complement: sums.temperedComplement && share(sums.temperedComplement),
  };
}
