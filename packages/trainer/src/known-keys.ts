import { closest } from 'fastest-levenshtein';

/** Throws for a key that is not known, naming those that are and the nearest. */
export function checkKnownKeys(place: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new TypeError(
      `${place}: unknown option "${key}"; did you mean "${closest(key, known)}"? Known options: ${known.join(', ')}`,
    );
  }
}
