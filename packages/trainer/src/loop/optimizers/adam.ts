import { adamStep } from '@segloss/kernels';
import { add, mul, tidy, type Variable } from '@tensorflow/tfjs-core';

import { Slots } from './slots.js';
import { type AdamOptions, type AdamwOptions, type Optimizer } from './types.js';

/** Adam and AdamW, which differ in where the weight decay goes. */
export function adamOptimizer(
  { name, beta1, beta2, epsilon, weightDecay }: Required<AdamOptions> | Required<AdamwOptions>,
  variables: readonly Variable[],
): Optimizer {
  const slots = new Slots(['m', 'v'], variables);
  let updates = 0;
  return {
    name,
    get updates() {
      return updates;
    },
    apply(gradients, learningRate) {
      updates++;
      const attributes = {
        ...{ beta1, beta2, epsilon },
        rate: learningRate / (1 - beta1 ** updates),
        correction: 1 / (1 - beta2 ** updates),
      };
      variables.forEach((variable, i) =>
        tidy(() => {
          const decays = weightDecay !== 0;
          const value = decays && name === 'adamw' ? mul(variable, 1 - learningRate * weightDecay) : variable;
          const raw = gradients[i]!;
          const gradient = decays && name === 'adam' ? add(raw, mul(variable, weightDecay)) : raw;
          const own = [variable, slots.get('m', i), slots.get('v', i)] as const;
          const results = adamStep({ value, m: own[1], v: own[2], gradient }, attributes);
          own.forEach((target, at) => target.assign(results[at]!));
        }),
      );
    },
    slots: () => slots.all(),
    restore(tensors, count) {
      slots.restore(tensors);
      updates = count;
    },
    dispose: () => slots.dispose(),
  };
}
