import * as losses from './losses/index.js';
import { type AnyLossDefinition, type LossFactory } from './types.js';

type Exports = typeof losses;

/** The spec names of the built-in losses. */
export type LossName = {
  [K in keyof Exports]: Exports[K] extends { definition: { name: infer N extends string } } ? N : never;
}[keyof Exports];

/** The built-in losses that compare region sizes, by spec name. */
export type SizeRegularizers = {
  [
    K in keyof Exports as Exports[K] extends {
      definition: { name: infer N extends string; role: 'region-size' };
    }
      ? N
      : never
  ]: Exports[K];
};

/**
 * Returns every built-in loss by its spec name.
 *
 * @example
 * ```ts
 * lossRegistry().get('dice').definition.defaults.smooth; // → 1
 * ```
 */
export function lossRegistry(): ReadonlyMap<string, LossFactory> {
  const factories = Object.values(losses).filter(
    (value): value is typeof value & { definition: { name: string } } => 'definition' in value,
  );
  return new Map(factories.map((factory) => [factory.definition.name, factory as unknown as LossFactory]));
}

/**
 * Returns the spec names of the built-in losses, in the order of the documentation.
 *
 * @example
 * ```ts
 * lossNames().includes('log-dice'); // → true
 * ```
 */
export function lossNames(): LossName[] {
  return [...lossRegistry().keys()] as LossName[];
}

/** Returns every name of a loss: its own, in full, and its aliases. */
export function namesOf({ name, fullName, aliases = [] }: AnyLossDefinition): string[] {
  return [name, ...(fullName === undefined ? [] : [fullName]), ...aliases];
}
