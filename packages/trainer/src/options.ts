import { closest, distance } from 'fastest-levenshtein';

/** The options with the defaults of those that were not given; unknown ones throw, with the nearest known. */
export function withDefaults<T extends object>(caller: string, given: object, defaults: T): T {
  const known = Object.keys(defaults);
  for (const key of Object.keys(given))
    if (!known.includes(key)) throw new TypeError(unknown(caller, 'option', key, known));
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(said) };
}

/** "CALLER: unknown KIND "x"; did you mean "y"? known KINDs: ..." */
export function unknown(caller: string, kind: string, name: string, known: readonly string[]): string {
  const near = known.length > 0 ? closest(name, known as string[]) : undefined;
  const hint = near !== undefined && distance(name, near) <= 3 ? ` did you mean "${near}"?` : '';
  return `${caller}: unknown ${kind} "${name}";${hint} known ${kind}s: ${known.join(', ') || 'none'}`;
}
