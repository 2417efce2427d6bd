import { type Loss, type LossFactory } from '@segloss/losses';
import { numbers } from '@segloss/testing';

import { Bench } from '../src/contract/bench';
import { declaredBy } from '../src/contract/declared';
import { checkGradient } from '../src/contract/rules';

// Pairwise testing: rows of options in which every value of every option meets every value of every other one. The values are
// found by asking the loss: words from its own error messages, numbers and lists from a pool, as far as it accepts them.

type Options = Readonly<Record<string, unknown>>;
type Pair = readonly [key: string, value: unknown, other: string, otherValue: unknown];

const MOST_VALUES = 4;
const POOL: readonly unknown[] = [
  true,
  false,
  0,
  0.5,
  2,
  5,
  1e-5,
  [0.2, 0.3, 0.5], // one for each of three channels
  [1],
  [0, 1, 1, 1, 0, 0.5, 1, 0.5, 0],
  [[0, 1, 1], [1, 0, 0.5], [1, 0.5, 0]], // prettier-ignore
];

/** The values to try of each option, the default first. */
export function valuesOf(factory: LossFactory): Map<string, unknown[]> {
  const defaults = factory.definition.defaults as Options;
  return new Map(
    Object.entries(defaults).map(([key, standard]) => {
      const accepted = POOL.filter((value) => make(factory, { [key]: value }) !== undefined);
      const others = [...wordsOf(factory, key), ...accepted].filter(
        (value) => text(value) !== text(standard),
      );
      return [key, [standard, ...new Set(others)].slice(0, MOST_VALUES)];
    }),
  );
}

/** The words that an option can be, as its error says them. */
function wordsOf(factory: LossFactory, key: string): readonly unknown[] {
  try {
    factory({ [key]: '?' } as object);
    return [];
  } catch (error) {
    return (error as { choices?: readonly unknown[] }).choices ?? [];
  }
}

/** The loss, or undefined where it refuses the options in its own words. */
function make(factory: LossFactory, options: Options): Loss | undefined {
  try {
    return factory(options as object);
  } catch (error) {
    return refusal(factory, error);
  }
}

function refusal({ definition }: LossFactory, error: unknown): undefined {
  const { message } = error as Error;
  if (error instanceof RangeError && message.startsWith(`${definition.name}: wanted `)) return undefined;
  throw error;
}

const text = (value: unknown) => JSON.stringify(value);
const id = ([key, value, other, otherValue]: Pair) => `${key}=${text(value)} & ${other}=${text(otherValue)}`;

function pairsOf(options: Options): Pair[] {
  const entries = Object.entries(options);
  return entries.flatMap(([key, value], i) =>
    entries.slice(i + 1).map(([other, otherValue]) => [key, value, other, otherValue] as const),
  );
}

function allPairs(values: ReadonlyMap<string, readonly unknown[]>): Pair[] {
  const entries = [...values];
  return entries.flatMap(([key, own], i) =>
    entries
      .slice(i + 1)
      .flatMap(([other, others]) => own.flatMap((a) => others.map((b) => [key, a, other, b] as const))),
  );
}

/** What checking every pair of options of a loss found. */
export interface PairReport {
  readonly rows: number;
  readonly pairs: number;
  /** Pairs that the loss refuses in its own words. */
  readonly refused: number;
  readonly failures: readonly string[];
}

/** Calls a loss with every pair of its options at least once: the value is finite and the gradient that of finite differences. */
export function checkPairs(factory: LossFactory, seed = 1): PairReport {
  const values = valuesOf(factory);
  const open = new Map(allPairs(values).map((pair) => [id(pair), pair]));
  const pairs = open.size;
  const random = numbers(seed);
  const failures: string[] = [];
  let rows = 0;
  let refused = 0;
  const standard = factory.definition.defaults as Options;

  for (const [key, pair] of open) {
    if (!open.has(key)) continue;
    const own = { [pair[0]]: pair[1], [pair[2]]: pair[3] };
    const filled = () =>
      Object.fromEntries(
        [...values].map(([name, list]) => [name, name in own ? own[name] : random.pick(list)]),
      );
    const candidates = [...Array.from({ length: 8 }, filled), { ...standard, ...own }];
    const gain = (row: Options) => pairsOf(row).filter((each) => open.has(id(each))).length;
    const ordered = candidates.sort((a, b) => gain(b) - gain(a));
    const found = ordered
      .map((row) => outcomeOf(factory, row, rows))
      .find((outcome) => outcome !== undefined);
    open.delete(key);
    if (found === undefined) {
      refused++;
      continue;
    }
    rows++;
    failures.push(...found.failures);
    for (const covered of pairsOf(found.row)) open.delete(id(covered));
  }
  return { rows, pairs, refused, failures };
}

/** What a row of options leads to, in the first mode that takes it; undefined where none does. */
function outcomeOf(factory: LossFactory, row: Options, turn: number) {
  const loss = make(factory, row);
  if (loss === undefined) return undefined;
  const settings = declaredBy(loss);
  const modes = settings.modes.map((_, i) => settings.modes[(i + turn) % settings.modes.length]!);
  for (const mode of modes) {
    const failures: string[] = [];
    try {
      const bench = new Bench(loss, mode, settings, failures);
      checkGradient(bench, `${loss.spec} ${mode}`, bench.example({ scale: 1.5, pixels: 6 }));
      return { row, failures };
    } catch (error) {
      try {
        refusal(factory, error);
      } catch {
        return { row, failures: [`${loss.spec} ${mode}: threw ${(error as Error).message}`] };
      }
    }
  }
  return undefined;
}
