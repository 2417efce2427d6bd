import { makeLoss } from './plan.js';
import { type Loss, type Term, type Weight } from './types.js';

/** A loss with a weight and a name within a compound. */
export interface WeightedLoss {
  readonly loss: Loss;
  readonly weight: Weight;
  readonly name?: string;
}

/**
 * Gives a loss a weight, constant or scheduled, and optionally a name, for {@link compound}.
 *
 * @param loss The loss.
 * @param options `weight`: a finite number, or a function of the epoch; default 1. `name`: the term's name in logs.
 * @throws {TypeError} If the weight is neither a number nor a function.
 *
 * @example
 * ```ts
 * compound(crossEntropy(), term(marginalL1(), { weight: 0.5, name: 'size' })).terms.map((t) => t.name); // → ["ce", "size"]
 * ```
 */
export function term(
  loss: Loss,
  { weight = 1, name }: { weight?: Weight; name?: string } = {},
): WeightedLoss {
  if (typeof weight !== 'function' && !(typeof weight === 'number' && Number.isFinite(weight))) {
    throw new TypeError(`term: wanted weight to be a finite number or a schedule, got ${String(weight)}`);
  }
  return { loss, weight, ...(name !== undefined && { name }) };
}

/**
 * Returns the weighted sum of losses, computed in one pass over the pixels; terms keep their names.
 *
 * A second term of one name is called `name_2`, and so on. A compound within a compound is flattened.
 *
 * @param parts Losses, or losses with a weight from {@link term}.
 * @throws {TypeError} If there is no part, or one is not a loss.
 *
 * @example
 * ```ts
 * const loss = compound(crossEntropy(), term(marginalL1({ temperature: 10 }), { weight: 0.5 }));
 * loss.spec; // → "ce + 0.5*l1(temperature=10)"
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const { total, terms } = loss.evaluate(labels, tf.zeros([1, 4, 2]));
 * terms.l1; // → 0.25
 * total; // → 0.8181
 * ```
 */
export function compound(...parts: readonly (Loss | WeightedLoss)[]): Loss {
  if (parts.length === 0) throw new TypeError('compound: wanted at least one loss, got none');
  const terms: Term[] = [];
  for (const part of parts) {
    const { loss, weight, name } = asWeighted(part);
    for (const inner of loss.terms) {
      terms.push({
        ...inner,
        name: uniqueName(name ?? inner.name, terms),
        weight: productOf(weight, inner.weight),
      });
    }
  }
  return makeLoss(terms);
}

function asWeighted(part: Loss | WeightedLoss): WeightedLoss {
  if (typeof part === 'function' && Array.isArray(part.terms)) return { loss: part, weight: 1 };
  if (typeof part === 'object' && part !== null && Array.isArray(part.loss?.terms)) return part;
  const hint = typeof part === 'function' ? '; call the factory, as in crossEntropy()' : '';
  throw new TypeError(`compound: wanted losses or term(loss, { weight }), got ${typeof part}${hint}`);
}

function uniqueName(name: string, terms: readonly Term[]): string {
  const taken = new Set(terms.map((term) => term.name));
  let unique = name;
  for (let i = 2; taken.has(unique); i++) unique = `${name}_${i}`;
  return unique;
}

function productOf(outer: Weight, inner: Weight): Weight {
  if (outer === 1) return inner;
  if (inner === 1) return outer;
  if (typeof outer === 'number' && typeof inner === 'number') return outer * inner;
  const at = (weight: Weight, epoch: number) => (typeof weight === 'function' ? weight(epoch) : weight);
  return (epoch) => at(outer, epoch) * at(inner, epoch);
}
