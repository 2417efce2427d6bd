import { closest, distance } from 'fastest-levenshtein';

/**
 * Returns the known name that is most likely meant, ignoring case; undefined if none is near.
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
 * Returns the end of a message that names the nearest known name; an empty text if none is near.
 *
 * @example
 * ```ts
 * suggestion('dise', ['dice', 'ce']); // → ' (did you mean "dice"?)'
 * ```
 */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
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
  return `unknown ${kind} "${name}"${suggestion(name, known)}; known ${kind}s: ${known.join(', ')}`;
}
