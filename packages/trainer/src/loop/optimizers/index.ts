import { type Variable } from '@tensorflow/tfjs-core';

import { checkKeys, unknownName, withDefaults } from '@segloss/common';
import { adamOptimizer } from './adam.js';
import { sgd } from './sgd.js';
import { type Optimizer, type OptimizerName, type OptimizerOptions } from './types.js';

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

/** The one home of the optimizers' defaults. */
export const OPTIMIZER_DEFAULTS = {
  sgd: { momentum: 0, nesterov: false, weightDecay: 0 },
  adam: ADAM,
  adamw: { ...ADAM, weightDecay: 0.01 },
} as const;

/** Default learning rates. */
export const LEARNING_RATES: Record<OptimizerName, number> = { sgd: 0.01, adam: 1e-3, adamw: 1e-3 };

/**
 * Returns an optimizer for variables: SGD (momentum, Nesterov), Adam or AdamW, with the formulas and numbers of torch.optim.
 * Unlike those of tfjs they have weight decay, receive the learning rate at every update, and can be saved and restored bit-identical.
 *
 * @param options Name and its settings.
 * @param variables Variables to update; weight decay applies to all of them.
 * @throws {TypeError} If the name or a setting is unknown. @throws {RangeError} If a setting is out of range.
 *
 * @example
 * ```ts
 * const weight = tf.variable(tf.tensor1d([1, 2]));
 * const optimizer = createOptimizer({ name: 'sgd', momentum: 0.9 }, [weight]);
 * for (const gradient of [1, 1]) optimizer.apply([tf.fill([2], gradient)], 0.1);
 * weight; // → [0.71, 1.71]
 * Object.keys(optimizer.slots()); // → ["velocity/0"]
 * ```
 *
 * @see Kingma & Ba, "Adam", ICLR 2015; Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019;
 *   Sutskever et al., "On the importance of initialization and momentum", ICML 2013.
 */
export function createOptimizer(options: OptimizerOptions, variables: readonly Variable[]): Optimizer {
  const defaults = (OPTIMIZER_DEFAULTS as Record<string, object>)[options.name];
  if (defaults === undefined) {
    const known = Object.keys(OPTIMIZER_DEFAULTS);
    throw new TypeError(`createOptimizer: ${unknownName('optimizer', String(options.name), known)}`);
  }
  const { name, ...given } = options;
  checkKeys(`createOptimizer: ${name}`, given, Object.keys(defaults));
  const settings = { name, ...withDefaults(defaults, given) } as Required<OptimizerOptions>;
  check(settings);
  return settings.name === 'sgd' ? sgd(settings, variables) : adamOptimizer(settings, variables);
}

function check(settings: Required<OptimizerOptions>): void {
  const ranges: Record<string, [test: (x: number) => boolean, words: string]> = {
    momentum: [(x) => x >= 0 && x < 1, 'from 0 up to 1'],
    beta1: [(x) => x >= 0 && x < 1, 'from 0 up to 1'],
    beta2: [(x) => x >= 0 && x < 1, 'from 0 up to 1'],
    epsilon: [(x) => x > 0 && Number.isFinite(x), 'positive'],
    weightDecay: [(x) => x >= 0 && Number.isFinite(x), 'not negative'],
  };
  for (const [key, value] of Object.entries(settings)) {
    const range = ranges[key];
    if (range !== undefined && !(typeof value === 'number' && range[0](value))) {
      throw new RangeError(`createOptimizer: wanted ${key} ${range[1]}, got ${String(value)}`);
    }
  }
  if (settings.name === 'sgd' && settings.nesterov && settings.momentum === 0) {
    throw new RangeError('createOptimizer: wanted a momentum for nesterov, got 0; give momentum, say 0.9');
  }
}

export * from './types.js';
