import { liveProgress, plainProgress, type Progress, type ProgressOptions } from './progress.js';
import { colorsFor, rawStream, type Terminal } from './terminal.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A training that does not stop within this time, for a hanging disk, is given up; its last checkpoint stands. */
const GRACE_MILLISECONDS = 20_000;

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
  const onSignal = (received: NodeJS.Signals): void => {
    if (interrupt.signal.aborted) endBy(received);
    interrupt.abort();
    note('stopping after the current update, and saving; once more to stop immediately');
    setTimeout(() => {
      note(
        `did not stop within ${GRACE_MILLISECONDS / 1000} s: given up; the same command resumes from the last checkpoint`,
      );
      endBy(received);
    }, GRACE_MILLISECONDS).unref();
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

/**
 * Ends the process by a signal, as if it had never been handled. `process.exit` would wait for a read that hangs in a thread of Node, on a
 * disk that is gone for example.
 */
export function endBy(signal: NodeJS.Signals): void {
  for (const one of SIGNALS) process.removeAllListeners(one);
  process.kill(process.pid, signal);
}

/** What may hold up `process.exit`: reads, and threads, which read too. */
const MAY_HANG = /^(FSReq|Worker|MessagePort)/;

/** Ends the process with an exit code, or by SIGTERM where something could hold it up. */
export function endWith(code: number): void {
  if (process.getActiveResourcesInfo().some((resource) => MAY_HANG.test(resource))) endBy('SIGTERM');
  else process.exit(code);
}
