/**
 * A module of the user's own cannot be used; the message says what was wanted.
 *
 * @example
 * ```ts
 * await resolveLoss('./none.mjs#mine', '.').catch((error) => error.name); // → "ModuleError"
 * ```
 */
export class ModuleError extends RangeError {
  override readonly name = 'ModuleError';
}
