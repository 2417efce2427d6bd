import { closest, distance } from 'fastest-levenshtein';

// Checks of names and options, shared by the networks, the training loop and the configuration.

/**
 * Returns the known name that is most likely meant, ignoring case, or undefined where none is near.
 *
 * @example
 * ```ts
 * nearestName('Unte', ['unet', 'fpn']); // → "unet"
 * nearestName('transformer', ['unet', 'fpn']); // → undefined
 * ```
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = known.map((other) => other.toLowerCase());
  const near = closest(name.toLowerCase(), lower);
  const allowed = Math.max(2, Math.ceil(name.length / 3));
  return distance(name.toLowerCase(), near) <= allowed ? known[lower.indexOf(near)] : undefined;
}

/**
 * Returns the message for an unknown name: the nearest known one, and all known ones.
 *
 * @example
 * ```ts
 * unknownName('model', 'unt', ['unet', 'fpn']); // → 'unknown model "unt" (did you mean "unet"?); known models: unet, fpn'
 * ```
 */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  return `unknown ${kind} "${name}"${hint}; known ${kind}s: ${known.join(', ')}`;
}

/**
 * Throws unless the options are an object that has only known keys.
 *
 * @param caller Named in the error.
 * @throws {TypeError} If they are not an object, or a key is unknown.
 *
 * @example
 * ```ts
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
