/** Lets input and drawing come first. */
const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve));

/**
 * Takes steps of a computation, each in a task of its own, so that the page stays usable between them.
 *
 * @param steps A generator that computes when it is asked. @param receive Called with every step.
 * @param signal Stops before the next step. @param pause Waits for the next task.
 */
export async function inTasks<T>(
  steps: Iterable<T>,
  receive: (step: T) => void,
  signal: AbortSignal,
  pause: () => Promise<void> = nextTask,
): Promise<void> {
  const iterator = steps[Symbol.iterator]();
  for (;;) {
    await pause();
    if (signal.aborted) return;
    const step = iterator.next();
    if (step.done) return;
    receive(step.value);
  }
}
