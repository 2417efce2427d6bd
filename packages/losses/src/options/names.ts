import { closest, distance } from 'fastest-levenshtein';

/** Returns the known name nearest to `name`, whatever its case, if it is near enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = known.map((other) => other.toLowerCase());
  const near = closest(name.toLowerCase(), lower);
  const allowed = Math.max(2, Math.ceil(name.length / 3));
  return distance(name.toLowerCase(), near) <= allowed ? known[lower.indexOf(near)] : undefined;
}

/** Returns ` (did you mean "dice"?)`, or nothing where no known name is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
}

/** Returns `unknown loss "dise" (did you mean "dice"?); known losses: ...`. */
export function unknownName(kind: string, plural: string, name: string, known: readonly string[]): string {
  return `unknown ${kind} "${name}"${suggestion(name, known)}; known ${plural}: ${known.join(', ')}`;
}

/**
 * Throws unless `given` is an object with no other keys than `known`.
 *
 * @throws {TypeError} If it is no object, or has an unknown key; the message names the nearest known one.
 *
 * @example
 * ```ts
 * checkKeys('myLoss', { smooth: 1 }, ['smooth', 'gamma']); // → undefined
 * ```
 */
export function checkKeys(caller: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${caller}: wanted an options object, got ${String(given)}`);
  }
  for (const key of Object.keys(given)) {
    if (!known.includes(key))
      throw new TypeError(`${caller}: ${unknownName('option', 'options', key, known)}`);
  }
}
