import { basename } from 'node:path';

/** Takes its part of a list. */
export type Part = <T>(cases: readonly T[]) => T[];

/**
 * Returns the part of a list of cases that a test file runs whose name says `NofM`, such as `contract.2of4.test.ts`.
 *
 * jest runs one file in one worker, so slow cases stand in `contract.parts.ts`, a function of the part, and each of the files `NofM` runs every M-th
 * case. test/shards.test.ts checks that all of them exist and are alike; so together they run every case once.
 *
 * @param file the test file: `__filename`
 * @returns a function that takes the part of a list
 * @throws {RangeError} If the name has no `NofM`, or N is not from 1 to M.
 *
 * @example
 * ```ts
 * const part = shard('contract.2of3.test.ts');
 * part(['a', 'b', 'c', 'd', 'e']); // → ['b', 'e']
 * ```
 */
export function shard(file: string): Part {
  const { part, parts } = shardOf(file) ?? {};
  if (part === undefined || parts === undefined || part < 1 || part > parts)
    throw new RangeError(
      `shard: wanted a file name with its part, such as "contract.1of4.test.ts", got "${basename(file)}"`,
    );
  return (cases) => cases.filter((_, index) => index % parts === part - 1);
}

/** The name without its part, the part and how many there are; undefined for a file that is not a part. */
export function shardOf(file: string): { name: string; part: number; parts: number } | undefined {
  const match = /^(.*)\.(\d+)of(\d+)\.test\.ts$/.exec(file);
  return match === null
    ? undefined
    : { name: match[1] as string, part: Number(match[2]), parts: Number(match[3]) };
}
