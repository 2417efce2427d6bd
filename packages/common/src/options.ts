import { suggestion, unknownName } from './names.js';

/**
 * Throws unless the options are an object that has only known keys.
 *
 * @param caller The function that received them, named in the error.
 * @throws {TypeError} If they are not an object, or a key is unknown; the message names the nearest known one.
 *
 * @example
 * ```ts
 * checkKeys('train', { epochs: 3 }, ['epochs']); // → undefined
 * checkKeys('train', { epoch: 3 }, ['epochs']); // → throws TypeError: train: unknown option "epoch" (did you mean "epochs"?); known options: epochs
 * ```
 */
export function checkKeys(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      `${caller}: wanted an options object with ${known.join(', ')}, got ${String(options)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`${caller}: ${unknownName('option', key, known)}`);
  }
}

/**
 * Returns the value if it is one of the choices; throws otherwise.
 *
 * @throws {RangeError} If it is not; the message names the choices, and the nearest one.
 *
 * @example
 * ```ts
 * checkChoice('cocoMask', 'crowd', 'label', ['label', 'ignore']); // → "label"
 * checkChoice('cocoMask', 'crowd', 'labels', ['label', 'ignore']); // → throws RangeError: cocoMask: wanted crowd to be "label" | "ignore", got "labels" (did you mean "label"?)
 * ```
 */
export function checkChoice<T>(caller: string, name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  const words = choices.filter((choice) => typeof choice === 'string');
  const hint = typeof value === 'string' ? suggestion(value, words) : '';
  const list = choices.map((choice) => JSON.stringify(choice)).join(' | ');
  throw new RangeError(`${caller}: wanted ${name} to be ${list}, got ${JSON.stringify(value)}${hint}`);
}

/**
 * Returns the options, with the defaults for those that are missing or undefined.
 *
 * @example
 * ```ts
 * withDefaults({ batchSize: 8, seed: 0 }, { seed: 3, batchSize: undefined }); // → { batchSize: 8, seed: 3 }
 * ```
 */
export function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
): O & { [K in keyof D]: K extends keyof O ? NonNullable<O[K]> : D[K] } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as ReturnType<typeof withDefaults<D, O>>;
}
