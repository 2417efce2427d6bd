import { type Loss, type Mode } from '../types.js';
import { Bench, type CheckLossOptions } from './bench.js';
import { declaredBy } from './declared.js';
import { RULES } from './rules.js';

/** What one rule of the contract found in one mode. */
export interface CheckResult {
  readonly mode: Mode;
  /** The rule, as a sentence. */
  readonly rule: string;
  /** Empty when the loss keeps the rule. */
  readonly failures: readonly string[];
}

/**
 * Runs the contract over a loss: finite values and gradients (extreme logits, absent classes, one pixel, nothing but
 * ignored pixels), the gradient against finite differences in one to three dimensions and for batches of one image,
 * logits that are not taken for probabilities, ignored and masked pixels as if they did not exist, no dependence on the
 * order of images, pixels and classes, and no tensor left behind.
 *
 * @param loss A loss of any kind: `dice()`, `compound(...)`, one of your own.
 * @param options Overrides what the loss declares of itself in {@link defineLoss}, such as `spatial`.
 * @returns One result for each rule and mode; a rule that is kept has no failures.
 *
 * @example
 * ```ts
 * checkLoss(dice(), { modes: ['binary'] }).flatMap((result) => result.failures); // → []
 * ```
 */
export function checkLoss(loss: Loss, options: CheckLossOptions = {}): CheckResult[] {
  const settings = { ...declaredBy(loss), ...options };
  return settings.modes.flatMap((mode) =>
    RULES.filter(({ applies }) => applies?.(settings, mode) ?? true).map(({ rule, check }) => {
      const failures: string[] = [];
      try {
        check(new Bench(loss, mode, settings, failures));
      } catch (error) {
        failures.push(`threw: ${(error as Error).message}`);
      }
      return { mode, rule, failures };
    }),
  );
}
