import { closest } from 'fastest-levenshtein';

/** Throws if an options object has a key that is not known. */
export function checkKeys(caller: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new RangeError(
      `${caller}: unknown option ${key}; did you mean ${closest(key, known)}? Known: ${known.join(', ')}`,
    );
  }
}

/** The one of the choices that was given; throws if it is none. */
export function checkChoice<T>(caller: string, name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw new RangeError(
    `${caller}: wanted ${name} to be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}, ` +
      `got ${JSON.stringify(value)}`,
  );
}
