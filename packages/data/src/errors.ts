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

/** Controls of terminals (C0 but for the line feed and the tabulator, DEL, C1), marks that change the direction of text, and U+FEFF, which is invisible. */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Returns a text that is safe to print: control characters, which could move the cursor or rename the window of a terminal, and
 * marks that reverse the direction of text are escaped. Names of files and classes come from others.
 *
 * @example
 * ```ts
 * printable('a\u001b[31m.png'); // → "a\\x1b[31m.png"
 * printable('日本 é'); // → "日本 é"
 * ```
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (control) => {
    const code = control.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
