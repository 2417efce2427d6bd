import { readFileSync, writeFileSync } from 'node:fs';

/** How long a run has trained: `time.json`. Epochs that are trained again after a kill count again. */
export interface RunTime {
  readonly epochs: number;
  readonly seconds: number;
}

/** Adds the seconds of an epoch. An estimate for plans, so that it needs no durable write. */
export function addSeconds(file: string, seconds: number): void {
  const before = readTime(file);
  const after: RunTime = { epochs: (before?.epochs ?? 0) + 1, seconds: (before?.seconds ?? 0) + seconds };
  writeFileSync(file, `${JSON.stringify(after)}\n`);
}

/**
 * Reads the `time.json` of a run; undefined where there is none, or it is damaged.
 *
 * @example
 * ```ts
 * readTime('no-such-run/time.json'); // → undefined
 * ```
 */
export function readTime(file: string): RunTime | undefined {
  try {
    const { epochs, seconds } = JSON.parse(readFileSync(file, 'utf8')) as RunTime;
    return epochs > 0 && seconds >= 0 ? { epochs, seconds } : undefined;
  } catch {
    return undefined;
  }
}
