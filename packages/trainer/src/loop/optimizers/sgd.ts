import { add, mul, sub, tidy, type Variable } from '@tensorflow/tfjs-core';

import { Slots } from './slots.js';
import { type Optimizer, type SgdOptions } from './types.js';

/** v ← μ v + g; w ← w - rate · v, or by Nesterov w ← w - rate · (g + μ v), with g = gradient + λ w. */
export function sgd(
  { momentum, nesterov, weightDecay }: Required<SgdOptions>,
  variables: readonly Variable[],
): Optimizer {
  const slots = new Slots(momentum === 0 ? [] : ['velocity'], variables);
  let updates = 0;
  return {
    name: 'sgd',
    get updates() {
      return updates;
    },
    apply(gradients, learningRate) {
      updates++;
      variables.forEach((value, i) =>
        tidy(() => {
          const raw = gradients[i]!;
          const gradient = weightDecay === 0 ? raw : add(raw, mul(value, weightDecay));
          let direction = gradient;
          if (momentum !== 0) {
            const slot = slots.get('velocity', i);
            const velocity = add(mul(slot, momentum), gradient);
            slot.assign(velocity);
            direction = nesterov ? add(gradient, mul(velocity, momentum)) : velocity;
          }
          value.assign(sub(value, mul(direction, learningRate)));
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
