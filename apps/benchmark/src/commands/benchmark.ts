import type { Command } from 'commander';

import { benchmarkCommand, type BenchmarkRequest } from '../benchmark/command.js';
import { OWN_FOLDER } from '../benchmark/embedded.js';
import { SCHEDULERS } from '../benchmark/executors/emit/emit.js';
import { QUEUE_VARIABLE, queueOf } from '../benchmark/executors/queue/server.js';
import { UsageError } from '../errors.js';
import { collect, parseCount, parseSeeds } from '../options.js';
import type { Terminal } from '../terminal.js';
import { oneOf } from './choices.js';
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
  queue?: string | true;
  emit?: string;
  image?: string;
  volume?: string[];
}

/** `segloss benchmark`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withBenchmarkFlags(
    command.option('-c, --config <file>', 'benchmark file with name, base and grid (docs/benchmarks.md)'),
  )
    .option(
      '--queue [address]',
      `let workers train: redis://HOST:PORT or postgres://USER@HOST/DATABASE (default: ${QUEUE_VARIABLE} of the environment)`,
    )
    .option(
      '--emit <scheduler>',
      'write an array job of all runs to train, and train nothing: slurm, kubernetes',
    )
    .option('--image <name>', 'container image with the command segloss, for --emit kubernetes')
    .option(
      '--volume <claim:path>',
      'persistent volume claim and its path here, for --emit kubernetes; repeat for several',
      collect,
    )
    .action(async (flags: BenchmarkFlags) => {
      checkSource(flags);
      const source = flags.config ?? { text: OWN_FOLDER, name: 'own-folder.yaml' };
      const name = flags.config === undefined ? nameOfData(flags.data) : undefined;
      finish(
        await benchmarkCommand(
          { ...requestOf(flags), ...executorOf(flags, terminal), source, name },
          terminal,
        ),
      );
    });
}

/** Who trains, if not this machine. */
function executorOf(flags: BenchmarkFlags, terminal: Terminal): Pick<BenchmarkRequest, 'queue' | 'emit'> {
  const { queue, emit, image, volume = [], jobs } = flags;
  if (queue !== undefined && emit !== undefined)
    throw new UsageError('--queue and --emit: wanted one of them, got both; a scheduler needs no queue');
  if (queue !== undefined && jobs !== undefined)
    throw new UsageError(
      '--jobs with --queue: each worker has its own number; pass it to segloss worker --jobs',
    );
  if (emit !== 'kubernetes' && (image !== undefined || volume.length > 0))
    throw new UsageError(`${image === undefined ? '--volume' : '--image'}: wanted --emit kubernetes with it`);
  if (emit !== undefined) return { emit: { scheduler: oneOf('emit', emit, SCHEDULERS), jobs, image, volumes: volume } }; // prettier-ignore
  return queue === undefined ? {} : { queue: queueOf({ ...(queue !== true && { queue }) }, terminal) };
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
