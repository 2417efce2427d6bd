import { setMaxListeners } from 'node:events';

import { type SampleSource } from '@segloss/data';

/** Milliseconds that a read may still take after a run was asked to stop. */
const GRACE = 3_000;

/** A run was asked to stop while it waited for a read that does not end. */
export class StoppedWaiting extends Error {
  override readonly name = 'StoppedWaiting';
}

/**
 * Returns a source whose loads are given up some seconds after the signal: a disk or a thread that hangs must not keep a run from saving.
 */
export function abortableSource(
  source: SampleSource,
  signal: AbortSignal | undefined,
  grace = GRACE,
): SampleSource {
  if (signal === undefined) return source;
  setMaxListeners(Infinity, signal); // every load in flight listens; Node warns of more than ten
  return {
    ...source,
    load: (wanted) => abortable(source.load(wanted), signal, `reading ${source.id}`, grace),
  };
}

/** Resolves as `work` does, and rejects if it has not some time after the signal. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal, what: string, grace = GRACE): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      timer = setTimeout(() => reject(new StoppedWaiting(`${what} did not end`)), grace);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const settle = () => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    };
    work.then(resolve, reject).finally(settle);
  });
}

/** Waits for the end of `work`, but not longer than some seconds. Returns whether it ended. */
export async function endsInTime(work: Promise<unknown>, grace = GRACE): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, grace, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
