import { printable } from '@segloss/common';

/** What kind of fault a data set has. */
export type DataErrorCode =
  | 'missing-folder'
  | 'no-data'
  | 'unpaired'
  | 'size-mismatch'
  | 'bad-label'
  | 'no-foreground'
  | 'unreadable'
  | 'bad-split'
  | 'invalid';

/** Data that cannot be used; the message names the file, the cause and the remedy. */
export class DataError extends Error {
  override readonly name = 'DataError';

  /**
   * @param message What was wanted, what came, and the remedy. Control characters, as names of files may hold, are escaped.
   * @param code The kind of fault, for programs.
   * @param values With `bad-label`, where they are known: every value of the mask with its number of pixels.
   *
   * @example
   * ```ts
   * new DataError('no such folder', 'missing-folder').code; // → "missing-folder"
   * ```
   */
  constructor(
    message: string,
    readonly code: DataErrorCode = 'invalid',
    readonly values: readonly (readonly [value: number, pixels: number])[] = [],
  ) {
    super(printable(message));
  }
}

/** A file that cannot be read, and why. */
export function unreadable(path: string, cause: string): DataError {
  return new DataError(`cannot read ${path}: ${cause}`, 'unreadable');
}

/** Why bytes are not decoded; who knows the file's name turns it into a {@link DataError}. */
export class Refusal extends Error {}
