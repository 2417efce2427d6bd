import type { RandomStream } from '@segloss/data';

/** Feeds one input; returns what is wrong with what came out, or undefined, and throws errors that it does not expect. */
export type Target = (random: RandomStream, folder: string) => Promise<string | undefined>;

export const pick = <T>(random: RandomStream, items: readonly T[]): T => items[random.integer(items.length)]!;
export const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
/** Runs of equal values, as masks have, or noise. */
export const valuesOf = (random: RandomStream, count: number, end: number): number[] => {
  const noisy = random.uniform() < 0.4;
  let value = 0;
  return many(count, () => (noisy || random.uniform() < 0.1 ? (value = random.integer(end)) : value));
};
export const rowsOf = (values: readonly number[], row: number): number[][] =>
  many(values.length / row, (y) => values.slice(y * row, (y + 1) * row));

/** Says how many values were read wrong; undefined if none. */
export function differences(
  name: string,
  read: ArrayLike<number>,
  wanted: readonly number[],
): string | undefined {
  if (read.length !== wanted.length) return `${name}: ${read.length} values instead of ${wanted.length}`;
  const wrong = wanted.filter((value, i) => value !== read[i]).length;
  return wrong === 0 ? undefined : `${name}: ${wrong} of ${wanted.length} values differ, silently`;
}

/** Cuts bytes off, or changes up to four of them. */
export function damaged(random: RandomStream, bytes: Buffer): Buffer {
  const kind = random.integer(6);
  const at = () => random.integer(bytes.length);
  if (kind === 0) return bytes.subarray(0, at());
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at()), bytes.subarray(at())]);
  const copy = Buffer.from(bytes);
  const changes = 1 + random.integer(4);
  for (let k = 0; k < changes; k++) {
    const place =
      random.uniform() < 0.5 ? random.integer(Math.min(200, copy.length)) : random.integer(copy.length);
    copy[place] = random.uniform() < 0.5 ? random.integer(256) : copy[place]! ^ (1 << random.integer(8));
  }
  return copy;
}
