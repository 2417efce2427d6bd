/**
 * A run cannot be used: another process trains it, or the folder is not that of a run.
 *
 * @example
 * ```ts
 * await openRun('no-such-run').catch((error) => error.name); // → "RunError"
 * ```
 */
export class RunError extends Error {
  override readonly name = 'RunError';
}
