// @segloss/losses/testing: the contract that every loss keeps, as a check for losses of your own.
import { Bench, type CheckLossOptions } from './contract/bench.js';
import { RULES } from './contract/rules.js';
import { type Loss, type Mode } from './types.js';

export { type CheckLossOptions };

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
 * ignored pixels), the gradient against finite differences, ignored and masked pixels as if they did not exist, no
 * dependence on the order of images, pixels and classes, and no tensor left behind.
 *
 * @param loss A loss of any kind: `dice()`, `compound(...)`, one of your own.
 * @returns One result for each rule and mode; a rule that is kept has no failures.
 *
 * @example
 * ```ts
 * checkLoss(dice(), { modes: ['binary'] }).flatMap((result) => result.failures); // → []
 * ```
 */
export function checkLoss(loss: Loss, options: CheckLossOptions = {}): CheckResult[] {
  const modes = options.modes ?? (['binary', 'multiclass', 'multilabel'] as const);
  return modes.flatMap((mode) =>
    RULES.filter(({ applies }) => applies?.(options, mode) ?? true).map(({ rule, check }) => {
      const failures: string[] = [];
      try {
        check(new Bench(loss, mode, options, failures));
      } catch (error) {
        failures.push(`threw: ${(error as Error).message}`);
      }
      return { mode, rule, failures };
    }),
  );
}
