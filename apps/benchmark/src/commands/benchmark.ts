import type { Command } from 'commander';

import { benchmarkCommand, type BenchmarkRequest } from '../benchmark/command.js';
import { OWN_FOLDER } from '../benchmark/embedded.js';
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
  fresh?: boolean;
  json?: boolean;
}

/** `segloss benchmark`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withBenchmarkFlags(command.option('-c, --config <file>', 'a benchmark file: name, base, grid')).action(
    async (flags: BenchmarkFlags) => {
      const source = flags.config ?? { text: OWN_FOLDER, name: 'own-folder.yaml' };
      const name = flags.config === undefined ? nameOfData(flags.data) : undefined;
      finish(await benchmarkCommand({ ...requestOf(flags), source, name }, terminal));
    },
  );
}

/** Adds the flags that choose the grid and how it is trained. */
export function withBenchmarkFlags(command: Command): Command {
  const grid = command
    .option('--data <folder>', 'images and masks; repeat it for several data sets', collect)
    .option(
      '--loss <spec>',
      'a spec (segloss losses) or a module, ./mine.ts#name; repeat it for more',
      collect,
    )
    .option('--seeds <n>', 'number of seeds (3 means 0,1,2) or a list (5,8)', parseSeeds);
  return withConfigFlags(grid)
    .option('--out <folder>', 'folder of the benchmark (default: benchmarks/NAME)')
    .option('--only <axis=label>', 'train these cells only, as in loss=dice; repeat it for more', collect)
    .option('--jobs <n>', 'trainings at the same time (default: what cores and memory allow)', parseCount)
    .option('--dry-run', 'list the runs and how far they are, and train nothing')
    .option('--fresh', 'train everything anew; older runs are moved aside')
    .option('--json', 'events as JSON lines on stdout instead of the table');
}

/** What the flags ask for; without `source`. */
export function requestOf(flags: BenchmarkFlags): Omit<BenchmarkRequest, 'source'> {
  const { data = [], loss, seeds, set = [], out, only = [], jobs } = flags;
  const { dryRun = false, fresh = false, json = false } = flags;
  return {
    axes: [
      ...(data.length > 0 ? [{ key: 'data.folder', value: data, origin: '--data' }] : []),
      ...(loss === undefined ? [] : [{ key: 'loss', value: loss, origin: '--loss' }]),
      ...(seeds === undefined ? [] : [{ key: 'seed', value: seeds, origin: '--seeds' }]),
    ],
    values: valuesOf({ ...flags }),
    ...{ set, out, only, jobs, dryRun, fresh, json },
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
