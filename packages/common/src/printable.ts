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
