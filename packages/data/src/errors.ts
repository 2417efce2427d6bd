/** What kind of fault a data set has. */
export type DataErrorCode =
  'missing-folder' | 'no-data' | 'unpaired' | 'size-mismatch' | 'bad-label' | 'unreadable' | 'invalid';

/** Data that cannot be used; the message names the file, the cause and the remedy. */
export class DataError extends Error {
  override readonly name = 'DataError';

  /**
   * @param message What was wanted, what came, and the remedy.
   * @param code The kind of fault, for programs.
   *
   * @example
   * ```ts
   * new DataError('no such folder', 'missing-folder').code; // → "missing-folder"
   * ```
   */
  constructor(
    message: string,
    readonly code: DataErrorCode = 'invalid',
  ) {
    super(message);
  }
}
