import * as losses from './losses/index.js';
import { type LossFactory } from './types.js';

/**
 * Every built-in loss by its spec name, read off `losses/index.ts`.
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
 * The names that {@link parseLoss} knows.
 *
 * @example
 * ```ts
 * lossNames().includes('log-dice'); // → true
 * ```
 */
export function lossNames(): string[] {
  return [...lossRegistry().keys()];
}
