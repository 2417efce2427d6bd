import { randomStream } from '@segloss/data';

import { TARGETS } from './targets/index.js';

/** Options of {@link fuzz}. */
export interface FuzzOptions {
  readonly seed: string | number;
  /** An empty folder for the inputs. */
  readonly folder: string;
  readonly targets: readonly string[];
  /** Whether to go on; asked before each input, with the number of inputs so far. */
  readonly goOn: (inputs: number) => boolean;
  readonly onFinding?: (finding: string) => void;
}

/** Nothing that is read here is larger than some kilobytes. */
const [MOST_SECONDS, MOST_BYTES] = [10, 256 * 2 ** 20];
/** Of each target, so many findings are told. */
const TOLD = 5;

/**
 * Runs targets in turn, each with a random stream that follows from the seed, the target and the number of its input.
 *
 * @returns Inputs of each target, and findings: values that differ from those that were written, errors of the wrong kind, and
 *   inputs that took more than 10 s or 256 MiB.
 */
export async function fuzz({
  seed,
  folder,
  targets,
  goOn,
  onFinding,
}: FuzzOptions): Promise<{ runs: Record<string, number>; findings: string[] }> {
  const runs = Object.fromEntries(targets.map((target) => [target, 0]));
  const findings: string[] = [];
  for (let inputs = 0; goOn(inputs); inputs++) {
    const target = targets[inputs % targets.length]!;
    const number = runs[target]!++;
    const before = process.memoryUsage().arrayBuffers;
    const start = process.hrtime.bigint();
    const said = await TARGETS[target]!(randomStream(seed).fork(target).fork(number), folder).catch(
      (error: unknown) =>
        `wrong kind of error: ${String((error as Error)?.stack ?? error)
          .split('\n')
          .slice(0, 3)
          .join(' | ')}`,
    );
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const bytes = process.memoryUsage().arrayBuffers - before;
    const costly = seconds > MOST_SECONDS ? `took ${seconds.toFixed(0)} s` : bytes > MOST_BYTES ? `took ${bytes} bytes` : undefined; // prettier-ignore
    for (const what of [said, costly]) {
      if (what === undefined) continue;
      const finding = `${target} ${number} (seed ${seed}): ${what}`;
      findings.push(finding);
      if (findings.filter((one) => one.startsWith(`${target} `)).length <= TOLD) onFinding?.(finding);
    }
  }
  return { runs, findings };
}
