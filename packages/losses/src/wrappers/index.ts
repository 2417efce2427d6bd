import { type Loss } from '../types.js';
import { gradientSurgery } from './gradient-surgery.js';
import { perComponent } from './per-component.js';

export { gradientSurgery, type GradientSurgeryOptions } from './gradient-surgery.js';
export { perComponent, type PerComponentOptions } from './per-component.js';

/** Makes a loss of a loss. */
export type LossWrapper = (loss: Loss, options?: Readonly<Record<string, unknown>>) => Loss;

/**
 * Returns the wrappers that specs know, by name.
 *
 * @example
 * ```ts
 * Object.keys(lossWrappers()); // → ["per-component", "gradient-surgery"]
 * ```
 */
export function lossWrappers(): Readonly<Record<string, LossWrapper>> {
  return { 'per-component': perComponent, 'gradient-surgery': gradientSurgery };
}
