import { type Loss, type Mode } from '../types.js';
import { type CheckLossOptions } from './bench.js';

const MODES: readonly Mode[] = ['binary', 'multiclass', 'multilabel'];

/** What a loss declares of itself, over all its terms. */
export function declaredBy({ terms }: Loss): CheckLossOptions & { modes: readonly Mode[] } {
  const definitions = terms.map(({ definition }) => definition);
  const checks = definitions.map(({ gradientCheck = {} }) => gradientCheck);
  return {
    modes: MODES.filter((mode) => definitions.every(({ modes = MODES }) => modes.includes(mode))),
    spatial: definitions.some(({ spatial }) => spatial),
    classesDiffer: definitions.some(({ classesDiffer }) => classesDiffer),
    errors: checks.some(({ errors }) => errors === 'everywhere') ? 'everywhere' : 'random',
    jumps: checks.some(({ jumps }) => jumps),
    gradientTolerance: Math.max(...checks.map(({ tolerance = 0.02 }) => tolerance)),
  };
}
