import { checkNumber } from './options/checks.js';
import { checkKeys } from '@segloss/common';
import { type Schedule } from './types.js';

/** A schedule that knows how it is written in a spec. */
export type NamedSchedule = Schedule & { readonly spec: string };

/** Options of {@link geometric}. */
export interface GeometricOptions {
  /** Value of the first epochs. */
  start: number;
  /** Multiplies the value every `every` epochs. */
  factor: number;
  /** Number of epochs between two steps; 0 keeps `start`. */
  every: number;
  /** The largest value. */
  max: number;
}

/**
 * The paper's α schedule: every `every` epochs `α ← min(α · factor, max)`.
 *
 * @param options Defaults: start 1, factor 1, every 0 (constant), max 100, those of the reference implementation.
 * @returns Epoch (0-based) to weight.
 * @throws {RangeError} If an option is negative or not finite.
 *
 * @example
 * ```ts
 * const alpha = geometric({ start: 0.1, factor: 5, every: 10, max: 2 });
 * [0, 9, 10, 20, 90].map(alpha); // → [0.1, 0.1, 0.5, 2, 2]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §5.1.
 */
export function geometric(options: Partial<GeometricOptions> = {}): NamedSchedule {
  const { start, factor, every, max } = withDefaults(
    'geometric',
    { start: 1, factor: 1, every: 0, max: 100 },
    options,
  );
  const schedule = (epoch: number): number => {
    let value = start;
    if (every === 0) return value;
    // Step by step, as the reference does: for factor < 1 the cap acts at the first step.
    for (let step = Math.floor(epoch / every); step > 0; step--) value = Math.min(value * factor, max);
    return value;
  };
  return named(schedule, `geometric(start=${start},factor=${factor},every=${every},max=${max})`);
}

/** Options of {@link linear}. */
export interface LinearOptions {
  from: number;
  to: number;
  /** The epoch from which on the value is `to`. */
  epochs: number;
}

/**
 * A straight line from one value to another, constant afterwards.
 *
 * @param options Defaults: from 0, to 1, epochs 10.
 * @returns Epoch (0-based) to weight.
 * @throws {RangeError} If an option is negative or not finite.
 *
 * @example
 * ```ts
 * [0, 5, 10, 20].map(linear({ from: 0, to: 1, epochs: 10 })); // → [0, 0.5, 1, 1]
 * ```
 */
export function linear(options: Partial<LinearOptions> = {}): NamedSchedule {
  const { from, to, epochs } = withDefaults('linear', { from: 0, to: 1, epochs: 10 }, options);
  const schedule = (epoch: number): number => (epoch >= epochs ? to : from + ((to - from) * epoch) / epochs);
  return named(schedule, `linear(from=${from},to=${to},epochs=${epochs})`);
}

/**
 * The schedules that specs know, by name.
 *
 * @example
 * ```ts
 * Object.keys(schedules()); // → ["geometric", "linear"]
 * ```
 */
export function schedules(): Readonly<Record<string, (options?: Record<string, number>) => NamedSchedule>> {
  return { geometric, linear };
}

function named(schedule: Schedule, spec: string): NamedSchedule {
  return Object.assign(schedule, { spec });
}

function withDefaults<O extends object>(name: string, defaults: O, given: Partial<O>): O {
  checkKeys(name, given, Object.keys(defaults));
  for (const [key, value] of Object.entries(given)) checkNumber(name, key, value);
  return { ...defaults, ...given };
}
