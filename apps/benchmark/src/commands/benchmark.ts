import type { Command } from 'commander';

import { benchmarkCommand, type BenchmarkRequest } from '../benchmark/command.js';
import { OWN_FOLDER } from '../benchmark/embedded.js';
import { UsageError } from '../errors.js';
import { collect, parseCount, parseSeeds } from '../options.js';
import type { Terminal } from '../terminal.js';
import { valuesOf, withConfigFlags } from './config-flags.js';

/** Flags of `segloss benchmark` and `segloss demo`. */
export interface BenchmarkFlags {
  config?: string;
  data?: string[];
  loss?: string[];
  seeds?: number[];
  set?: string[];
  out?: string;
  only?: string[];
  jobs?: number;
  dryRun?: boolean;
  retryFailed?: boolean;
  failFast?: boolean;
  fresh?: boolean;
  json?: boolean;
}

/** `segloss benchmark`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withBenchmarkFlags(
    command.option('-c, --config <file>', 'benchmark file with name, base and grid (docs/benchmarks.md)'),
  ).action(async (flags: BenchmarkFlags) => {
    checkSource(flags);
    const source = flags.config ?? { text: OWN_FOLDER, name: 'own-folder.yaml' };
    const name = flags.config === undefined ? nameOfData(flags.data) : undefined;
    finish(await benchmarkCommand({ ...requestOf(flags), source, name }, terminal));
  });
}

/** Without a file, the flags must say which images to train on. */
function checkSource({ config, data = [], set = [] }: BenchmarkFlags): void {
  if (config !== undefined || data.length > 0 || set.some((entry) => entry.startsWith('data'))) return;
  throw new UsageError('benchmark: wanted -c <file> or --data <folder>, got neither; for example: segloss benchmark --data ./images --loss ce --loss dice'); // prettier-ignore
}

/** Adds the flags that choose the grid and how it is trained. */
export function withBenchmarkFlags(command: Command): Command {
  const grid = command
    .option('--data <folder>', 'folder of images and masks; repeat for several data sets', collect)
    .option(
      '--loss <spec>',
      'loss spec (see segloss losses) or module, ./mine.ts#name; repeat for several',
      collect,
    )
    .option('--seeds <n>', 'number of seeds (3 means 0,1,2) or a list (5,8)', parseSeeds);
  return withConfigFlags(grid)
    .option('--out <folder>', 'folder of the benchmark (default: benchmarks/NAME)')
    .option(
      '--only <axis=label>',
      'train only the runs with this label, as in loss=dice; repeat for several',
      collect,
    )
    .option(
      '--jobs <n>',
      'number of trainings at the same time (default: as many as cores and memory allow)',
      parseCount,
    )
    .option('--dry-run', 'list the runs, their state and the time they will take, without training')
    .option('--retry-failed', 'train only the runs that failed or diverged, from their last checkpoint')
    .option('--fail-fast', 'stop all trainings, and save, when the first run fails or diverges')
    .option('--fresh', 'train everything again; older runs are kept under another name')
    .option('--json', 'print events as JSON lines instead of the table');
}

/** What the flags ask for; without `source`. */
export function requestOf(flags: BenchmarkFlags): Omit<BenchmarkRequest, 'source'> {
  const { data = [], loss, seeds, set = [], out, only = [], jobs } = flags;
  const { dryRun = false, fresh = false, json = false, retryFailed = false, failFast = false } = flags;
  return {
    axes: [
      ...(data.length > 0 ? [{ key: 'data.folder', value: data, origin: '--data' }] : []),
      ...(loss === undefined ? [] : [{ key: 'loss', value: loss, origin: '--loss' }]),
      ...(seeds === undefined ? [] : [{ key: 'seed', value: seeds, origin: '--seeds' }]),
    ],
    values: valuesOf({ ...flags }),
    ...{ set, out, only, jobs, dryRun, fresh, json, retryFailed, failFast },
  };
}

/** The last part of the path of a single data set. */
function nameOfData(data: readonly string[] = []): string | undefined {
  const [first, ...others] = data;
  if (first === undefined || others.length > 0) return undefined;
  return first
    .split(/[\\/]/)
    .filter((part) => part !== '' && !/^\.+$/.test(part))
    .at(-1);
}
