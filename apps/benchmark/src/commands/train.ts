import {
  loadConfig,
  releaseBackend,
  runTraining,
  serializeEvent,
  type RunEvent,
  type RunStartEvent,
  type RunSummary,
} from '@segloss/trainer';
import type { Command } from 'commander';

import { exitCodes } from '../errors.js';
import { collect } from '../options.js';
import { liveTrainProgress, plainTrainProgress, type TrainProgress } from '../progress.js';
import { colorsFor, type Terminal } from '../terminal.js';

/** Flags that stand for keys of the configuration. */
const KEYS = {
  data: 'data.folder',
  loss: 'loss',
  backend: 'backend',
  epochs: 'epochs',
  seed: 'seed',
  out: 'out',
} as const;

type TrainFlags = Partial<Record<keyof typeof KEYS, string>> & {
  config: string;
  set?: string[];
  fresh?: boolean;
  json?: boolean;
};

/** `segloss train`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .requiredOption('-c, --config <file>', 'a YAML file, or preset:NAME (segloss config presets)')
    .option('--set <key=value>', 'a value over that of the file; repeat it for more', collect)
    .option('--data <folder>', 'data.folder')
    .option('--loss <spec>', 'loss')
    .option('--backend <name>', 'backend: auto, tensorflow, webgpu, wasm or cpu')
    .option('--epochs <n>', 'epochs')
    .option('--seed <n>', 'seed')
    .option('--out <folder>', 'folder in which the run gets a folder of its own')
    .option('--fresh', 'train anew, and put an older run of the same configuration aside')
    .option('--json', 'events as JSON lines on stdout')
    .action(async (flags: TrainFlags) => finish(await trainCommand(flags, terminal)));
}

async function trainCommand(flags: TrainFlags, terminal: Terminal): Promise<number> {
  const { stdout, stderr, folder, env } = terminal;
  const { config: file, set = [], fresh = false, json = false, ...keys } = flags;
  const given = Object.entries(keys).map(([flag, value]): [string, unknown] => [
    KEYS[flag as keyof typeof KEYS],
    typed(flag, value),
  ]);
  const loaded = await loadConfig(file, { set, flags: Object.fromEntries(given), cwd: folder });

  let progress: TrainProgress | undefined;
  const note = (text: string) => (progress ? progress.note(text) : void stderr.write(`${text}\n`));
  const spent = { seconds: 0, waiting: 0 };
  const show = (event: RunEvent) => {
    if (event.type === 'note') note(event.text);
    if (event.type === 'step') progress?.step(event);
    if (event.type === 'run.start') {
      for (const text of aboutRun(event)) note(text);
      const { epochs, stepsPerEpoch, classes } = event;
      const live = stderr.isTTY === true && env['CI'] === undefined;
      progress = live
        ? liveTrainProgress(stderr, colorsFor(stderr, env), { epochs, stepsPerEpoch, classes })
        : plainTrainProgress(stderr, { epochs, stepsPerEpoch, classes });
    }
    if (event.type === 'epoch') {
      spent.seconds += event.seconds;
      spent.waiting += event.waitingSeconds;
      progress?.epoch(event);
    }
  };
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted.code);
    interrupt.abort();
    note('stopping after the current update, and saving; once more to stop at once');
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const { folder: home, summary } = await runTraining(loaded, {
      fresh,
      signal: interrupt.signal,
      command: ['segloss', ...terminal.argv],
      onEvent(event) {
        if (json && event.type !== 'step') stdout.write(`${serializeEvent(event)}\n`);
        show(event);
      },
    });
    progress?.finish();
    progress = undefined;
    note(outcome(home, summary));
    if (spent.seconds > 0) note(timeOf(spent, loaded.config.data.workers));
    return summary.status === 'interrupted' ? exitCodes.resumable.code : exitCodes.ok.code;
  } finally {
    progress?.finish();
    for (const signal of signals) process.off(signal, onSignal);
    await releaseBackend();
  }
}

function* aboutRun(run: RunStartEvent): Generator<string> {
  yield `run ${run.run} in ${run.folder}`;
  for (const text of run.data.warnings) yield `warning: ${text}`;
  yield `backend ${run.backend.name}: ${run.backend.reason}`;
  yield `${run.data.train} images to train and ${run.data.val} to validate, ${run.parameters} parameters, ${run.epochs} epochs of ${run.stepsPerEpoch} updates`;
}

function outcome(home: string, { status, best, epochs }: RunSummary): string {
  const reached =
    best === undefined ? '' : `; best ${best.metric} ${bestValue(best)} at epoch ${best.epoch + 1}`;
  const more = status === 'interrupted' ? '; the same command goes on' : '';
  return `${status} after ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}${reached}${more}: ${home}`;
}

function bestValue({ value }: NonNullable<RunSummary['best']>): string {
  return value === null ? 'was never defined: the last weights,' : value.toFixed(3);
}

function timeOf({ seconds, waiting }: { seconds: number; waiting: number }, workers: number): string {
  const share = ((100 * waiting) / seconds).toFixed(1);
  const advice =
    workers === 0 && waiting > 0.2 * seconds ? '; --set data.workers=2 reads ahead in threads' : '';
  return `${seconds.toFixed(1)} s, of which ${share} % waiting for images${advice}`;
}

/** A flag's text as its key wants it. */
function typed(flag: string, value: unknown): unknown {
  if (flag !== 'epochs' && flag !== 'seed') return value;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}
