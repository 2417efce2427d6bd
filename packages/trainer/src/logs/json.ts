/** Stands for an infinite number while JSON is written; no text of a run holds a NUL. */
const HUGE = '\u0000Infinity';

/**
 * Returns a value as JSON text that keeps every number: NaN is written as `null` and ±Infinity as `±1e999`, which every JSON
 * reader takes for an infinite number. {@link fromJson} is the inverse.
 *
 * @param indent Spaces of one level; one line without it.
 *
 * @example
 * ```ts
 * toJson({ dice: [0.5, NaN], distance: -Infinity }); // → "{\"dice\":[0.5,null],\"distance\":-1e999}"
 * ```
 */
export function toJson(value: unknown, indent?: number): string {
  const safe = (_key: string, item: unknown): unknown =>
    item === Infinity ? HUGE : item === -Infinity ? `-${HUGE}` : item;
  return JSON.stringify(value, safe, indent).replaceAll(/"(-?)\\u0000Infinity"/g, '$11e999');
}

/**
 * Reads what {@link toJson} wrote: `null` is NaN again.
 *
 * @throws {SyntaxError} If the text is not JSON.
 *
 * @example
 * ```ts
 * fromJson('{"dice":[0.5,null],"distance":-1e999}'); // → {"dice":[0.5,NaN],"distance":-Infinity}
 * ```
 */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => value ?? NaN);
}
