import { suggestion } from '@segloss/common';

import { UsageError } from '../errors.js';

/** Returns `value` if it is one of the known ones. @throws {UsageError} Otherwise. */
export function oneOf<T extends string>(flag: string, value: string, known: readonly T[]): T {
  if ((known as readonly string[]).includes(value)) return value as T;
  throw new UsageError(
    `--${flag}: wanted one of ${known.join(', ')}, got "${value}"${suggestion(value, known)}`,
  );
}
