/** A step of {@link setupNative} that failed: what was tried, what came of it, and what to do. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  /** The step, as it was announced. */
  step = '';

  /**
   * @example
   * ```ts
   * new SetupError('g++ --version', 'no such program', 'install g++').message; // → "tried g++ --version, got no such program; install g++"
   * ```
   */
  constructor(
    readonly tried: string,
    readonly got: string,
    readonly remedy: string,
  ) {
    super(`tried ${tried}, got ${got}; ${remedy}`);
  }
}
