/** Work that answers until it is done: with the same code in a worker, or in the page where there are no workers. */
export interface Work<Request, Answer> {
  /** Creates the worker; throws without worker support. */
  readonly create: () => Worker;
  /** The same work in the page. */
  readonly inPage: (request: Request, answer: (answer: Answer) => void, signal: AbortSignal) => Promise<void>;
  readonly isLast: (answer: Answer) => boolean;
  /** The answer that says that a worker broke down. */
  readonly failed: (message: string) => Answer;
}

/** The answer of most work that a worker, or the work, broke down. */
export const asError = (message: string) => ({ kind: 'error', message }) as const;

/** Work that was started. */
export interface Running {
  readonly stop: () => void;
}

/** What is heard of work. */
export interface Listener<Answer> {
  /** Called with every answer, never after `stop`; the last one always comes, unless the work stands still. */
  readonly answer: (answer: Answer) => void;
  /** Called with `page` where the page does the work itself: it may not answer to clicks meanwhile. */
  readonly place?: (place: 'worker' | 'page') => void;
  /** Called every few seconds without an answer, with their number, and with 0 when one comes after all. */
  readonly silence?: (seconds: number) => void;
}

/** The page says so after this many seconds without an answer. */
export const SILENCE = 20;

/** Starts work. */
export function startWork<Request, Answer>(
  { create, inPage, isLast, failed }: Work<Request, Answer>,
  request: Request,
  { answer, place = () => {}, silence = () => {} }: Listener<Answer>,
): Running {
  let worker: Worker | undefined;
  const stopping = new AbortController();
  const quiet = watchSilence(silence);
  const stop = () => {
    stopping.abort();
    worker?.terminate();
    quiet.end();
  };
  const receive = (one: Answer) => {
    if (stopping.signal.aborted) return;
    quiet.heard();
    if (isLast(one)) stop();
    answer(one);
  };
  const fail = (reason: unknown) => receive(failed(messageOf(reason)));
  const here = () => {
    if (stopping.signal.aborted) return;
    worker?.terminate();
    worker = undefined;
    place('page');
    inPage(request, receive, stopping.signal).catch(fail); // such as code that cannot be loaded
  };
  try {
    worker = create();
    // A worker whose script cannot be loaded fails before it answers.
    let answered = false;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      answered = true;
      receive(data);
    };
    worker.onmessageerror = () => fail('an answer of the worker cannot be read');
    worker.onerror = (event) => {
      event.preventDefault();
      if (answered) fail(event.message || 'the worker broke down');
      else here();
    };
    worker.postMessage(request);
    place('worker');
  } catch {
    here();
  }
  return { stop };
}

/** Counts the seconds without an answer. */
function watchSilence(silence: (seconds: number) => void) {
  let since = performance.now();
  let said = false;
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - since) / 1000);
    if (seconds < SILENCE) return;
    said = true;
    silence(seconds);
  }, 5000);
  const heard = () => {
    since = performance.now();
    if (said) silence(0);
    said = false;
  };
  return {
    heard,
    end() {
      heard();
      clearInterval(timer);
    },
  };
}

/** Milliseconds after which a failure that nobody waits for is one of the work, if there was no answer since. */
const GRACE = 10_000;

/**
 * In a worker: does the work for each request. Whatever fails reaches the page as an answer, also a promise that nobody waits for, as
 * libraries have them: the work may wait forever for what follows on it.
 */
export function serve<Request, Answer>({
  inPage,
  failed,
}: Pick<Work<Request, Answer>, 'inPage' | 'failed'>): void {
  let answers = 0;
  const answer = (one: Answer) => {
    answers++;
    postMessage(one);
  };
  const fail = (reason: unknown) => answer(failed(messageOf(reason)));
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    const before = answers;
    setTimeout(() => before === answers && fail(event.reason), GRACE);
  });
  addEventListener('message', ({ data }: MessageEvent<Request>) => {
    inPage(data, answer, new AbortController().signal).catch(fail);
  });
}

const messageOf = (reason: unknown) => (reason instanceof Error ? reason.message : String(reason));
