import { distance } from 'fastest-levenshtein';

/**
 * Returns the known name that is most likely meant, ignoring case; undefined if none is near. Two swapped neighbors count as one
 * mistake.
 *
 * @example
 * ```ts
 * nearestName('Unte', ['unet', 'fpn']); // → "unet"
 * nearestName('dcie', ['ace', 'dice']); // → "dice"
 * nearestName('transformer', ['unet', 'fpn']); // → undefined
 * ```
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const allowed = Math.max(2, Math.ceil(name.length / 3));
  let nearest: string | undefined;
  let fewest = allowed + 1;
  for (const other of known) {
    const mistakes = mistakesBetween(name.toLowerCase(), other.toLowerCase());
    if (mistakes < fewest) [nearest, fewest] = [other, mistakes];
  }
  return nearest;
}

/** Letters to add, remove or replace; 1 if two neighbors are swapped. */
function mistakesBetween(a: string, b: string): number {
  const at = [...a].findIndex((letter, i) => letter !== b[i]);
  const swapped = `${a.slice(0, at)}${a[at + 1]}${a[at]}${a.slice(at + 2)}`;
  return at >= 0 && swapped === b ? 1 : distance(a, b);
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
