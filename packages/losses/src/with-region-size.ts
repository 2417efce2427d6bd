import { compound, term } from './compound.js';
import { checkChoice } from './options/checks.js';
import { lossRegistry, type SizeRegularizers } from './registry.js';
import { type Loss, type LossFactory, type Weight } from './types.js';

/** The regularizers of region size, by their names in specs. */
export type RegionSizeKind = keyof SizeRegularizers;

/** Options of {@link withRegionSize}: the kind, its weight, and the options of that regularizer. */
export type RegionSizeOptions = {
  [K in RegionSizeKind]: { kind: K; weight?: Weight } & (SizeRegularizers[K] extends LossFactory<infer O>
    ? Partial<O>
    : never);
}[RegionSizeKind];

/**
 * Adds a regularizer of region size to any loss.
 *
 * @param base The loss that matches pixels.
 * @param options `kind`: the spec name of a regularizer, such as `l1` or `kl`; `weight`: a number or schedule, default 1;
 *   the others are options of that regularizer, such as `temperature`.
 * @throws {RangeError} If no regularizer has that name. @throws {TypeError} If the base is not a loss or an option is unknown.
 *
 * @example
 * ```ts
 * withRegionSize(dice(), { kind: 'l1', weight: 0.5, temperature: 10 }).spec; // → "dice + 0.5*l1(temperature=10)"
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4.
 */
export function withRegionSize(base: Loss, { kind, weight = 1, ...options }: RegionSizeOptions): Loss {
  const regularizers = [...lossRegistry()].filter(([, { definition }]) => definition.role === 'region-size');
  checkChoice(
    'withRegionSize',
    'kind',
    kind,
    regularizers.map(([name]) => name),
  );
  const regularizer = new Map(regularizers).get(kind)!;
  return compound(base, term(regularizer(options), { weight }));
}
