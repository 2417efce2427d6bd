import { checkKeys } from '@segloss/common';

/** What a score is where a region is empty: a number, NaN (the case does not count), Infinity, or the image's diagonal. */
export type EmptyValue = number | 'nan' | 'infinity' | 'diagonal';

/** What a score is where regions are empty; one value stands for `onlyTruth` and `onlyPredicted`. */
export type EmptyRule =
  EmptyValue | { both?: EmptyValue; onlyTruth?: EmptyValue; onlyPredicted?: EmptyValue };

/** Which of the two regions have pixels. */
export interface Presence {
  readonly truth: boolean;
  readonly predicted: boolean;
}

/** The value for these regions, undefined where both have pixels. `otherwise` is what the metric says by default. */
export function valueOfEmpty(
  name: string,
  { truth, predicted }: Presence,
  rule: EmptyRule | undefined,
  otherwise: { both: EmptyValue; one: EmptyValue },
  diagonal: () => number,
): number | undefined {
  const rules = typeof rule === 'object' ? rule : { onlyTruth: rule, onlyPredicted: rule };
  const {
    both = otherwise.both,
    onlyTruth = otherwise.one,
    onlyPredicted = otherwise.one,
    ...unknown
  } = rules as Exclude<EmptyRule, EmptyValue>;
  checkKeys(`${name}: empty`, unknown, ['both', 'onlyTruth', 'onlyPredicted']);
  const values = { both, onlyTruth, onlyPredicted };
  const numbers = Object.entries(values).map(([key, value]) => [key, numberOf(name, key, value, diagonal)]);
  const { both: ofBoth, onlyTruth: ofTruth, onlyPredicted: ofPredicted } = Object.fromEntries(numbers) as Record<
    keyof typeof values,
    number
  >; // prettier-ignore
  if (truth && predicted) return undefined;
  if (!truth && !predicted) return ofBoth;
  return truth ? ofTruth : ofPredicted;
}

function numberOf(name: string, key: string, value: EmptyValue, diagonal: () => number): number {
  if (typeof value === 'number') return value;
  if (value === 'nan') return NaN;
  if (value === 'infinity') return Infinity;
  if (value === 'diagonal') return diagonal();
  throw new RangeError(
    `${name}: wanted empty.${key} a number, 'nan', 'infinity' or 'diagonal', got ${JSON.stringify(value)}`,
  );
}
