import { closest, distance } from 'fastest-levenshtein';

/** The nearest of the known names, whatever its case, if it is near enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = known.map((other) => other.toLowerCase());
  const near = closest(name.toLowerCase(), lower);
  const allowed = Math.max(2, Math.ceil(name.length / 3));
  return distance(name.toLowerCase(), near) <= allowed ? known[lower.indexOf(near)] : undefined;
}

/** Says that a name is not known, what it may have been meant for, and which are known. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  return `unknown ${kind} "${name}"${hint}; known ${kind}s: ${known.join(', ')}`;
}

/** Throws unless the options are an object with no other keys than these. */
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

/** The options, with the defaults in the place of those that are not given or undefined. */
export function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
): O & { [K in keyof D]: K extends keyof O ? NonNullable<O[K]> : D[K] } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as ReturnType<typeof withDefaults<D, O>>;
}
