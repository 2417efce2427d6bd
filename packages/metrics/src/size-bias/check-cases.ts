import { checkKeys } from '@segloss/common';
import { type BootstrapOptions, type ProportionCase } from './types.js';

/** The number of classes of all cases. Proportions may be wrong in the last digits, as sums are. */
export function checkCases(caller: string, cases: readonly ProportionCase[]): number {
  const ids = new Set<string>();
  const classes = cases[0]?.truth.length ?? 0;
  for (const { id, truth, predicted } of cases) {
    if (ids.has(id))
      throw new RangeError(`${caller}: wanted a name of its own for each case, got ${id} twice`);
    ids.add(id);
    if (truth.length !== classes || predicted.length !== classes) {
      throw new RangeError(
        `${caller}: wanted ${classes} true and predicted proportions, got ${truth.length} and ${predicted.length} of ${id}`,
      );
    }
    for (const share of [...truth, ...predicted]) {
      if (!(share >= 0 && share <= 1 + 1e-6)) {
        throw new RangeError(
          `${caller}: wanted proportions from 0 to 1, got ${share} of ${id}; divide counts by the pixels that count`,
        );
      }
    }
  }
  return classes;
}

export function checkBootstrap(caller: string, options: BootstrapOptions): Required<BootstrapOptions> {
  checkKeys(caller, options, ['random', 'resamples', 'level']);
  const { random, resamples = 1000, level = 0.95 } = options;
  if (typeof random !== 'function') {
    throw new TypeError(`${caller}: wanted bootstrap.random as a function, got ${typeof random}`);
  }
  if (!(Number.isInteger(resamples) && resamples >= 100)) {
    throw new RangeError(
      `${caller}: wanted a whole number of bootstrap.resamples from 100, got ${String(resamples)}`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`${caller}: wanted bootstrap.level between 0 and 1, got ${String(level)}`);
  }
  return { random, resamples, level };
}
