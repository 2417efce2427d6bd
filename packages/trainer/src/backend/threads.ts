import { availableParallelism } from 'node:os';

import { checkKeys } from '@segloss/common';
import { type BackendName, type BackendOptions } from './types.js';

const MOST = 64;

/** The number of threads that the options ask for; undefined leaves it as it is. */
export function threadsOf(wanted: BackendName | 'auto', options: BackendOptions): number | undefined {
  checkKeys('selectBackend', options, ['threads']);
  const { threads } = options;
  if (threads === undefined) return undefined;
  if (wanted !== 'auto' && wanted !== 'wasm') {
    throw new RangeError(
      `selectBackend: threads are those of the wasm backend, got threads: ${threads} for ${wanted}; leave them out`,
    );
  }
  if (threads === 'auto') return Math.min(MOST, availableParallelism());
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST) {
    throw new RangeError(
      `selectBackend: wanted threads to be 'auto' or a whole number from 1 to ${MOST}, got ${String(threads)}`,
    );
  }
  return threads;
}
