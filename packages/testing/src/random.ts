/** Numbers that are the same in every run. */
export interface Numbers {
  /** From 0 to below 1. */
  next(): number;
  pick<T>(items: readonly T[]): T;
}

/** Park and Miller's generator. */
export function numbers(seed: number): Numbers {
  let state = seed;
  const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
  // The first number of every small seed is near 0: all of them would choose the first item.
  for (let i = 0; i < 5; i++) next();
  return { next, pick: (items) => items[Math.floor(next() * items.length)]! };
}
