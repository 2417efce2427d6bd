import { inRandomOrder } from '@segloss/common';

/** A seeded stream of random numbers: the same seed gives the same numbers on every machine. */
export interface RandomStream {
  /** A number from 0 (included) to 1 (excluded), a multiple of 2^-32. */
  uniform(): number;
  /** An integer from 0 to n-1. */
  integer(n: number): number;
  /** Approximately standard normal: the sum of 12 uniform numbers less 6, by additions only and so exact everywhere. */
  normal(): number;
  /** A stream of its own for a part of the work, whatever this stream has given already. */
  fork(name: string | number): RandomStream;
}

/**
 * Makes a random stream (Jenkins's small fast generator, 32 bits, seeded by a hash).
 *
 * @param seed Any integer or text.
 *
 * @example
 * ```ts
 * const [a, b] = [randomStream(1), randomStream(1)];
 * a.uniform() === b.uniform(); // → true
 * randomStream(1).fork('noise').uniform() === randomStream(1).uniform(); // → false
 * ```
 *
 * @see B. Jenkins, "A small noncryptographic PRNG", 2007.
 */
export function randomStream(seed: number | string): RandomStream {
  let [a, b, c, d] = [0xf1ea5eed, hash(String(seed)), 0, 0];
  c = d = b;
  const next = (): number => {
    const e = (a - rotate(b, 27)) | 0;
    a = b ^ rotate(c, 17);
    b = (c + d) | 0;
    c = (d + e) | 0;
    d = (e + a) | 0;
    return d >>> 0;
  };
  for (let i = 0; i < 20; i++) next();
  const uniform = () => next() / 2 ** 32;
  return {
    uniform,
    integer: (n) => Math.floor(uniform() * n),
    normal() {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += uniform();
      return sum;
    },
    fork: (name) => randomStream(`${seed}/${name}`),
  };
}

/**
 * Returns the items in a random order; the input stays as it is.
 *
 * @example
 * ```ts
 * shuffled([1, 2, 3, 4], randomStream(7)).sort(); // → [1, 2, 3, 4]
 * ```
 */
export function shuffled<T>(items: readonly T[], random: RandomStream): T[] {
  return inRandomOrder(items, random.uniform);
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** FNV-1a over the characters, then a final mix. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
