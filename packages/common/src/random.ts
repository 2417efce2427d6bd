/**
 * Returns numbers from 0 to below 1 that depend on the seed alone: a linear congruence of 32 bits, its upper 24. Small, and good enough to
 * place pixels; `randomStream` of @segloss/data is the generator for trainings. Another one here would change every published bias card.
 *
 * @example
 * ```ts
 * const [a, b] = [randomNumbers(7), randomNumbers(7)];
 * a() === b(); // → true
 * ```
 */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/**
 * Returns the items in a random order (Fisher and Yates); the input stays as it is.
 *
 * @param uniform Gives numbers from 0 to below 1.
 *
 * @example
 * ```ts
 * inRandomOrder([1, 2, 3], () => 0); // → [2, 3, 1]
 * ```
 */
export function inRandomOrder<T>(items: readonly T[], uniform: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
