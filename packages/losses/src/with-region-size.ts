import { compound, term } from './compound.js';
import { diceBias } from './losses/dice-bias.js';
import { marginalJs } from './losses/marginal-js.js';
import { marginalKl } from './losses/marginal-kl.js';
import { marginalL1 } from './losses/marginal-l1.js';
import { marginalL2 } from './losses/marginal-l2.js';
import { marginalReverseKl } from './losses/marginal-reverse-kl.js';
import { sizeBounds } from './losses/size-bounds.js';
import { checkChoice } from './options/checks.js';
import { type Loss, type LossFactory, type Weight } from './types.js';

const REGULARIZERS = {
  l1: marginalL1,
  l2: marginalL2,
  kl: marginalKl,
  'reverse-kl': marginalReverseKl,
  js: marginalJs,
  'dice-bias': diceBias,
  'size-bounds': sizeBounds,
};

/** The regularizers of region size, by their names in specs. */
export type RegionSizeKind = keyof typeof REGULARIZERS;

/** Options of {@link withRegionSize}: the kind, its weight, and the options of that regularizer. */
export type RegionSizeOptions = {
  [K in RegionSizeKind]: { kind: K; weight?: Weight } & ((typeof REGULARIZERS)[K] extends LossFactory<infer O>
    ? Partial<O>
    : never);
}[RegionSizeKind];

/**
 * Adds a regularizer of region size to any loss.
 *
 * @param base The loss that matches pixels.
 * @param options `kind`: `l1`, `l2`, `kl`, `reverse-kl`, `js`, `dice-bias` or `size-bounds`; `weight`: a number or schedule,
 *   default 1; the others are options of that regularizer, as `temperature` or `backgroundIndex`.
 * @throws {RangeError} If there is no such kind. @throws {TypeError} If the base is not a loss or an option is unknown.
 *
 * @example
 * ```ts
 * withRegionSize(dice(), { kind: 'l1', weight: 0.5, temperature: 10 }).spec; // → "dice + 0.5*l1(temperature=10)"
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4.
 */
export function withRegionSize(base: Loss, { kind, weight = 1, ...options }: RegionSizeOptions): Loss {
  checkChoice('withRegionSize', 'kind', kind, Object.keys(REGULARIZERS));
  const regularizer = REGULARIZERS[kind] as unknown as LossFactory;
  return compound(base, term(regularizer(options), { weight }));
}
