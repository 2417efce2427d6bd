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

/** Work that was started. */
export interface Running {
  readonly stop: () => void;
}

/**
 * Starts work.
 *
 * @param answer Called with every answer, never after `stop`.
 * @param onPlace Called with `page` where the page does the work itself: it may not answer to clicks meanwhile.
 */
export function startWork<Request, Answer>(
  { create, inPage, isLast, failed }: Work<Request, Answer>,
  request: Request,
  answer: (answer: Answer) => void,
  onPlace: (place: 'worker' | 'page') => void = () => {},
): Running {
  let worker: Worker | undefined;
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort();
    worker?.terminate();
  };
  const receive = (one: Answer) => {
    if (stopping.signal.aborted) return;
    if (isLast(one)) stop();
    answer(one);
  };
  const here = () => {
    if (stopping.signal.aborted) return;
    worker?.terminate();
    worker = undefined;
    onPlace('page');
    void inPage(request, receive, stopping.signal);
  };
  try {
    worker = create();
    // A worker whose script cannot be loaded fails before it answers.
    let answered = false;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      answered = true;
      receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (answered) receive(failed(event.message || 'the worker broke down'));
      else here();
    };
    worker.postMessage(request);
    onPlace('worker');
  } catch {
    here();
  }
  return { stop };
}
