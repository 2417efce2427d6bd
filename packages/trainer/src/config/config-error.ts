/** One thing that is wrong with a configuration, in the order in which it is printed. */
export interface ConfigIssue {
  /** What is wrong, with the path of the key. */
  readonly what: string;
  /** `run.yaml:7`, `preset:polyp-ce:3`, `--set`, ... */
  readonly where: string;
  /** What came and what was wanted. */
  readonly expected: string;
  /** What to do. */
  readonly remedy: string;
}

/** A configuration that cannot be used: four lines for each fault. A fault of usage, so commands exit with code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  /**
   * @param issues At least one.
   *
   * @example
   * ```ts
   * const error = new ConfigError({ what: 'epochs: too small', where: 'run.yaml:2', expected: 'got 0', remedy: 'give 1 or more' });
   * error.message.split('\n'); // → ["configuration: epochs: too small", "  at run.yaml:2", "  got 0", "  give 1 or more"]
   * ```
   */
  constructor(...issues: readonly ConfigIssue[]) {
    const text = issues.map(
      ({ what, where, expected, remedy }) =>
        `configuration: ${what}\n  at ${where}\n  ${expected}\n  ${remedy}`,
    );
    super(text.join('\n'));
    this.issues = issues;
  }
}
