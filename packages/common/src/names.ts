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
  return nearestNames(name, known)[0];
}

/**
 * Returns the known names that may be meant, at most three, the most likely first.
 *
 * @example
 * ```ts
 * nearestNames('dcie', ['ace', 'dice', 'focal']); // → ["dice", "ace"]
 * nearestNames('soft-dice', ['dice', 'log-dice', 'ce']); // → ["dice", "log-dice"]
 * ```
 */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const given = name.toLowerCase();
  // Two letters have as many mistakes as any two others: one of them must be right.
  const allowed = given.length < 3 ? 1 : Math.max(2, Math.ceil(given.length / 3));
  return known
    .map((other) => ({ other, mistakes: mistakesBetween(given, other.toLowerCase()) }))
    .filter(({ mistakes }) => mistakes <= allowed)
    .sort((a, b) => a.mistakes - b.mistakes)
    .slice(0, 3)
    .map(({ other }) => other);
}

/** A name that holds the other one counts as this many mistakes. */
const CONTAINED = 2;
/** Shorter names are in others by chance. */
const CONTAINED_LENGTH = 3;

/** Letters to add, remove or replace; 1 if two neighbors are swapped; at most 2 if one name is part of the other. */
function mistakesBetween(a: string, b: string): number {
  const at = [...a].findIndex((letter, i) => letter !== b[i]);
  const swapped = `${a.slice(0, at)}${a[at + 1]}${a[at]}${a.slice(at + 2)}`;
  if (at >= 0 && swapped === b) return 1;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const edits = distance(a, b);
  return short.length >= CONTAINED_LENGTH && long.includes(short) ? Math.min(CONTAINED, edits) : edits;
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

/** Lists of more names than this are not printed whole. */
const LONG = 12;

/**
 * Returns the message for an unknown name: the nearest known one, and all known ones. Of a long list only the nearest are named, three at most.
 *
 * @param where Where a long list can be read, as in `segloss losses`; without it every list is printed.
 *
 * @example
 * ```ts
 * unknownName('model', 'unt', ['unet', 'fpn']); // → 'unknown model "unt" (did you mean "unet"?); known models: unet, fpn'
 * const many = Array.from({ length: 40 }, (_, i) => `loss-${i}`);
 * unknownName('loss', 'los-7', [...many, 'ce'], 'segloss losses'); // → 'unknown loss "los-7" (did you mean "loss-7", "loss-0" or "loss-1"?); all losses: segloss losses'
 * ```
 */
export function unknownName(kind: string, name: string, known: readonly string[], where?: string): string {
  const unknown = `unknown ${kind} "${name}"`;
  if (where === undefined || known.length <= LONG)
    return `${unknown}${suggestion(name, known)}; known ${plural(kind)}: ${known.join(', ')}`;
  const near = nearestNames(name, known).map((other) => `"${other}"`);
  const hint = near.length === 0 ? '' : ` (did you mean ${near.join(', ').replace(/, ([^,]*)$/, ' or $1')}?)`;
  return `${unknown}${hint}; all ${plural(kind)}: ${where}`;
}

const plural = (kind: string) => (kind.endsWith('s') ? `${kind}es` : `${kind}s`);
