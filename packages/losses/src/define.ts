import { type Scalar, type Tensor } from '@tensorflow/tfjs-core';

import { makeLoss } from './plan.js';
import { resolveOptions } from './options/resolve.js';
import {
  type AnyLossDefinition,
  type InputOptions,
  type Loss,
  type LossCall,
  type LossDefinition,
  type LossFactory,
  type PixelLossDefinition,
  type PresetOption,
  type RegionLossDefinition,
  type SizeRegularizer,
} from './types.js';

/**
 * Makes a loss out of its formula, and adds input checks, defaults, memory scope, terms and the spec text.
 *
 * A region loss names the `statistics` that it reads and computes a scalar from those `[B, K]` sums; a pixel loss
 * gets the pixels. Both are differentiable by tfjs, and are used like the built-in losses, in `compound`,
 * `parseLoss` and on the command line (`--loss ./mine.ts#name`).
 *
 * @param definition Name, defaults and formula; see {@link RegionLossDefinition} and {@link PixelLossDefinition}.
 * @returns A factory that fixes the options.
 *
 * @example
 * ```ts
 * const softError = defineLoss({
 *   name: 'soft-error',
 *   summary: 'share of the pixels that are wrong, softly',
 *   defaults: { power: 1 },
 *   statistics: () => ['count', 'overlap'],
 *   compute: ({ count, overlap }, { power }) =>
 *     tf.pow(tf.sub(1, tf.div(tf.sum(overlap), tf.mean(tf.sum(count, 0)))), power),
 * });
 * const logits = tf.zeros([1, 2, 2, 4]); // every class has probability 1/4
 * softError()(tf.zeros([1, 2, 2], 'int32'), logits); // → 0.75
 * softError({ power: 2 }).spec; // → "soft-error(power=2)"
 * ```
 */
export function defineLoss<O extends object, N extends string = string>(
  definition: RegionLossDefinition<O, N> & { readonly role: 'region-size' },
): SizeRegularizer<O, N>;
export function defineLoss<O extends object, N extends string = string>(
  definition: RegionLossDefinition<O, N>,
): LossFactory<O, N>;
export function defineLoss<O extends object, N extends string = string>(
  definition: PixelLossDefinition<O, N>,
): LossFactory<O, N>;
export function defineLoss<O extends object>(definition: LossDefinition<O>): LossFactory<O> {
  const factory = (given?: Partial<O> & InputOptions & PresetOption): Loss => {
    if (isTensor(given)) throw new TypeError(calledAsFunction(definition));
    const { options, input } = resolveOptions(definition, given);
    const spec = specOf(definition, options, input);
    return makeLoss([{ name: definition.name, weight: 1, spec, definition, options: { ...options }, input }]);
  };
  return Object.assign(factory, { definition });
}

const isTensor = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'dataId' in value;

const withFunction = new WeakSet<AnyLossDefinition>();

/** What `crossEntropy(labels, logits)` is told. */
function calledAsFunction<O extends object>(definition: LossDefinition<O>): string {
  const name = (definition.fullName ?? definition.name).replace(/-(\w)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
  const short = withFunction.has(definition) ? `use ${name}Loss(labels, logits, options), or ` : 'use ';
  return (
    `${name}: wanted an options object, got a tensor; ${name}(options) only fixes the options. ` +
    `For the value ${short}${name}(options)(labels, logits)`
  );
}

/** The form `diceLoss(labels, logits, options?)` of a loss, options and call in one object. */
export type LossFunction<O extends object> = (
  labels: Tensor,
  logits: Tensor,
  options?: Partial<O> & LossCall & PresetOption,
) => Scalar;

/** Turns a factory into a function of labels and logits. */
export function direct<O extends object>(factory: LossFactory<O>): LossFunction<O> {
  withFunction.add(factory.definition);
  return (labels, logits, { mask, epoch, ...options } = {} as Partial<O> & LossCall & PresetOption) =>
    factory(options as unknown as Partial<O> & InputOptions & PresetOption)(labels, logits, {
      ...(mask && { mask }),
      ...(epoch !== undefined && { epoch }),
    });
}

function specOf<O extends object>(definition: LossDefinition<O>, options: O, input: InputOptions): string {
  const defaults = definition.defaults as Record<string, unknown>;
  const changed = Object.entries({ ...options, ...input }).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key]),
  );
  if (changed.length === 0) return definition.name;
  return `${definition.name}(${changed.map(([key, value]) => `${key}=${optionText(value)}`).join(',')})`;
}

function optionText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
