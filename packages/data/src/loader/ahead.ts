/**
 * The results of jobs in their order, while up to `ahead` later ones are at work. Ends only when all that were begun have
 * ended, so that nothing goes on behind the back of a caller who stops early.
 */
export async function* readAhead<T>(
  jobs: Iterable<() => Promise<T>>,
  ahead: number,
): AsyncGenerator<T, void, undefined> {
  const waiting: Promise<T>[] = [];
  try {
    for (const job of jobs) {
      const result = job();
      result.catch(() => undefined); // it is thrown when its turn comes
      waiting.push(result);
      if (waiting.length > ahead) yield await waiting.shift()!;
    }
    while (waiting.length > 0) yield await waiting.shift()!;
  } finally {
    await Promise.allSettled(waiting);
  }
}
