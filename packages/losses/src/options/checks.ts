import { type InputOptions } from '../types.js';
import { suggestion } from '@segloss/common';

/** The options that every loss has. */
export const INPUT_KEYS: readonly string[] = ['mode', 'ignoreIndex'];
const MODES: readonly unknown[] = ['binary', 'multiclass', 'multilabel'];

/** Throws unless mode and ignoreIndex, where given, are values they can have. */
export function checkInputOptions(name: string, input: InputOptions): void {
  if (input.mode !== undefined) checkChoice(name, 'mode', input.mode, MODES);
  if (input.ignoreIndex !== undefined && !Number.isInteger(input.ignoreIndex)) {
    throw new RangeError(`${name}: wanted an integer ignoreIndex, got ${JSON.stringify(input.ignoreIndex)}`);
  }
}

/** Throws unless the option is a finite number of at least `least`. */
export function checkNumber(name: string, key: string, value: unknown, least = 0, most = Infinity): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
    const got = typeof value === 'number' ? String(value) : JSON.stringify(value); // JSON writes NaN as null
    throw new RangeError(`${name}: wanted ${key} to be a number ${range}, got ${got}`);
  }
}

/** The error of an option that is none of its choices, which it carries. */
export class ChoiceError extends RangeError {
  constructor(
    message: string,
    readonly choices: readonly unknown[],
  ) {
    super(message);
    this.name = 'RangeError';
  }
}

/** Throws unless the option is one of the values. */
export function checkChoice(name: string, key: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  const list = choices.map((choice) => JSON.stringify(choice)).join(' | ');
  const words = choices.filter((choice) => typeof choice === 'string');
  const hint = typeof value === 'string' ? suggestion(value, words) : '';
  throw new ChoiceError(`${name}: wanted ${key} to be ${list}, got ${JSON.stringify(value)}${hint}`, choices);
}

/** Throws unless class weights are 'uniform' or nonnegative numbers, not all zero. */
export function checkClassWeights(name: string, weights: unknown): void {
  if (weights === 'uniform') return;
  const right =
    Array.isArray(weights) &&
    weights.length > 0 &&
    weights.every((weight) => typeof weight === 'number' && Number.isFinite(weight) && weight >= 0) &&
    weights.some((weight) => weight > 0);
  if (!right) {
    throw new RangeError(
      `${name}: wanted classWeights to be 'uniform' or a list of nonnegative numbers, not all 0, got ${JSON.stringify(weights)}`,
    );
  }
}
