import { checkKeys } from '@segloss/common';

import { isScheduled, makeLoss } from '../plan.js';
import { declaredBy } from '../contract/declared.js';

import { type InputOptions, type Loss, type PixelLossDefinition } from '../types.js';

/** What a wrapper makes of a loss: everything of a definition but what follows from that loss. */
export type WrapperDefinition<O extends object> = Pick<
  PixelLossDefinition<O>,
  'name' | 'summary' | 'source' | 'defaults' | 'check' | 'pixels' | 'modes' | 'spatial' | 'classesDiffer'
>;

/** The loss of one term, `name(inner,key=value)`. */
export function wrap<O extends object>(
  inner: Loss,
  given: Partial<O>,
  definition: WrapperDefinition<O>,
): Loss {
  const { name, defaults } = definition;
  checkIsLoss(name, inner);
  checkKeys(name, given, Object.keys(defaults));
  const options = { ...defaults, ...given };
  definition.check?.(options, name);
  const changed = Object.entries(options).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify((defaults as Record<string, unknown>)[key]),
  );
  const text = changed.map(
    ([key, value]) => `,${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const { errors = 'random', gradientTolerance = 0.02, jumps = false } = declaredBy(inner);
  return makeLoss([
    {
      name,
      weight: 1,
      spec: `${name}(${inner.spec}${text.join('')})`,
      definition: {
        ...definition,
        scheduled: isScheduled(inner.terms),
        gradientCheck: { errors, tolerance: gradientTolerance, jumps },
      },
      options: { ...options },
      input: inputOf(name, inner),
    },
  ]);
}

function checkIsLoss(name: string, loss: unknown): void {
  if (typeof loss === 'function' && Array.isArray((loss as unknown as Loss).terms)) return;
  const hint = typeof loss === 'function' ? '; call the factory, as in dice()' : '';
  throw new TypeError(`${name}: wanted a loss, got ${typeof loss}${hint}`);
}

/** Mode and ignored label, which are read before the wrapper: those of the inner terms, if they agree. */
function inputOf(name: string, { terms }: Loss): InputOptions {
  const inputs = new Set(terms.map(({ input }) => JSON.stringify([input.mode, input.ignoreIndex])));
  if (inputs.size > 1) {
    throw new RangeError(
      `${name}: wanted terms with the same mode and ignoreIndex, got different ones; set them when calling the loss`,
    );
  }
  return terms[0]!.input;
}
