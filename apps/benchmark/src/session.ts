import { exitCodes } from './errors.js';
import { liveProgress, plainProgress, type Progress, type ProgressOptions } from './progress.js';
import { colorsFor, rawStream, type Terminal } from './terminal.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A training that does not stop within this time, for a hanging disk, is given up; its last checkpoint stands. */
const GRACE_MILLISECONDS = 10_000;

/** What a command has that trains: a display, and a signal that Ctrl-C aborts. */
export interface Session {
  readonly signal: AbortSignal;
  /** Prints a sentence, above the bars where there are any. */
  note(text: string): void;
  /** Starts the display, once it is known what there is to show. */
  show(options: ProgressOptions): Progress;
}

/**
 * Runs a command that trains. The first SIGINT, SIGTERM or SIGHUP aborts its signal, so that it saves and ends by itself; the second ends it
 * immediately.
 */
export async function trainingSession<T>(
  { stderr, env }: Pick<Terminal, 'stderr' | 'env'>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  const note = (text: string): void => (progress ? progress.note(text) : void stderr.write(`${text}\n`));
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) endNow(exitCodes.interrupted.code);
    interrupt.abort();
    note('stopping after the current update, and saving; once more to stop immediately');
    setTimeout(() => endNow(exitCodes.resumable.code), GRACE_MILLISECONDS).unref();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work({
      signal: interrupt.signal,
      note,
      show(options) {
        const live = stderr.isTTY === true && env['CI'] === undefined;
        progress = live
          ? liveProgress(rawStream(stderr), colorsFor(stderr, env), options)
          : plainProgress(stderr, options);
        return progress;
      },
    });
  } finally {
    progress?.finish();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** Ends the process. Should a read that hangs hold it up, the next signal kills it. */
function endNow(code: number): never {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  process.exit(code);
}
