import {
  exportModel,
  loadConfig,
  openRun,
  predictFolder,
  releaseBackend,
  runTraining,
  testRun,
  type RunStart,
  type RunSummary,
  type TestReport,
} from '@segloss/trainer';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { colorsFor, type Terminal } from './benchmark.js';
import { exitCodes, UsageError } from '../errors.js';
import { collect, parseCount, parseShare } from '../options.js';
import { liveTrainProgress, plainTrainProgress, type TrainProgress } from '../progress.js';

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

interface RunFlags {
  checkpoint?: string;
  backend?: string;
  window?: boolean;
  overlap?: number;
  json?: boolean;
}

/** `segloss train | test | predict | export`. */
export function addTrainCommands(root: Command, terminal: Terminal, finish: (code: number) => void): void {
  root
    .command('train')
    .description('train what a configuration says; the same command goes on where it was stopped')
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

  withRunFlags(
    root
      .command('test')
      .description('score a trained run: per class, per image, and the label marginals')
      .argument('<run>', 'folder of the run')
      .option('--data <folder>', 'other data than those of the run, with the same classes')
      .option('--part <name>', 'train or val', 'val')
      .option('--surfaces <tolerance>', 'also HD95, ASSD and surface Dice at so many pixels', parseCount),
  ).action(async (run: string, flags: RunFlags & { data?: string; part: string; surfaces?: number }) =>
    finish(await testCommand(run, flags, terminal)),
  );

  withRunFlags(
    root
      .command('predict')
      .description(
        'write a label image (PNG), or volume (NIfTI), of class indices for every image of a folder',
      )
      .argument('<run>', 'folder of the run')
      .argument('<images>', 'folder of PNG, JPEG or TIFF images, or NIfTI volumes')
      .requiredOption('--out <folder>', 'where the label images go'),
  ).action(async (run: string, images: string, flags: RunFlags & { out: string }) =>
    finish(await predictCommand(run, images, flags, terminal)),
  );

  root
    .command('export')
    .description('write the model of a run as model.json and weights.bin, for pages and tf.loadLayersModel')
    .argument('<run>', 'folder of the run')
    .requiredOption('--out <folder>', 'where the two files go')
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .action(async (run: string, { out, checkpoint }: { out: string; checkpoint: string }) => {
      const opened = await openRun(at(terminal, run), {
        checkpoint: checkpointOf(checkpoint),
        backend: 'cpu',
      });
      const { model, classes, config } = opened;
      await exportModel(model, at(terminal, out), {
        classes,
        loss: config.loss,
        normalize: config.data.normalize,
      });
      terminal.stderr.write(`wrote model.json and weights.bin to ${at(terminal, out)}\n`);
    });
}

function withRunFlags(command: Command): Command {
  return command
    .option('--checkpoint <name>', 'best, last or previous', 'best')
    .option('--backend <name>', 'auto, tensorflow, webgpu, wasm or cpu (default: that of the run)')
    .option('--window', "slide a window of the model's size over each image instead of resizing it")
    .option('--overlap <x>', 'share of a window that the next covers again', parseShare)
    .option('--json', 'the result as JSON on stdout');
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
  const tell = (type: string, body: object) => {
    if (json) stdout.write(`${JSON.stringify({ schemaVersion: 1, type, ...body })}\n`);
  };
  const spent = { seconds: 0, waiting: 0 };
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
      listener: {
        start(run) {
          for (const text of aboutRun(run)) note(text);
          tell('run.start', run);
          const extent = { epochs: run.epochs, stepsPerEpoch: run.stepsPerEpoch, classes: run.classes };
          const live = stderr.isTTY === true && env['CI'] === undefined;
          progress = live
            ? liveTrainProgress(stderr, colorsFor(stderr, env), extent)
            : plainTrainProgress(stderr, extent);
        },
        step: (step) => progress?.step(step),
        epoch(line, report) {
          spent.seconds += report.seconds;
          spent.waiting += report.waitingSeconds;
          progress?.epoch(line);
          tell('epoch.end', line);
        },
        note,
      },
    });
    progress?.finish();
    progress = undefined;
    tell('run.end', { folder: home, ...summary });
    note(outcome(home, summary));
    if (spent.seconds > 0) note(timeOf(spent, loaded.config.data.workers));
    return summary.status === 'interrupted' ? exitCodes.resumable.code : exitCodes.ok.code;
  } finally {
    progress?.finish();
    for (const signal of signals) process.off(signal, onSignal);
    await releaseBackend();
  }
}

function* aboutRun(run: RunStart): Generator<string> {
  yield `run ${run.id} in ${run.folder}`;
  yield `backend ${run.backend.name}: ${run.backend.reason}`;
  for (const { name, path: file, sha256 } of run.sources) yield `module ${name}: ${file}, sha256 ${sha256}`;
  yield `${run.images.train} images to train and ${run.images.val} to validate, ${run.parameters} parameters, ${run.epochs} epochs of ${run.stepsPerEpoch} updates`;
}

function outcome(home: string, { status, best, epochs }: RunSummary): string {
  const reached =
    best === null ? '' : `; best ${best.metric} ${best.value.toFixed(3)} at epoch ${best.epoch + 1}`;
  const more = status === 'interrupted' ? '; the same command goes on' : '';
  return `${status} after ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}${reached}${more}: ${home}`;
}

function timeOf({ seconds, waiting }: { seconds: number; waiting: number }, workers: number): string {
  const share = ((100 * waiting) / seconds).toFixed(1);
  const advice =
    workers === 0 && waiting > 0.2 * seconds ? '; --set data.workers=2 reads ahead in threads' : '';
  return `${seconds.toFixed(1)} s, of which ${share} % waiting for images${advice}`;
}

async function testCommand(
  folder: string,
  flags: RunFlags & { data?: string; part: string; surfaces?: number },
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const run = await open(folder, flags, terminal);
  try {
    const report = await testRun(run, {
      ...windowOf(flags),
      ...(flags.data !== undefined && { data: flags.data === 'demo' ? 'demo' : at(terminal, flags.data) }),
      ...(flags.surfaces !== undefined && { surfaceTolerance: flags.surfaces }),
      part: oneOf('part', flags.part, ['train', 'val'] as const),
    });
    const file = path.join(run.folder, `test-${flags.part}.json`);
    writeFileSync(file, `${toJson(report, 2)}\n`);
    stdout.write(flags.json === true ? `${toJson(report)}\n` : `${testTable(report)}\n`);
    stderr.write(`every image: ${file}\n`);
    return exitCodes.ok.code;
  } finally {
    run.model.dispose();
    await releaseBackend();
  }
}

/** JSON has no Infinity, which is the distance to a region that is missed. */
function toJson(report: TestReport, indent?: number): string {
  const spoken = (_key: string, value: unknown) => (value === Infinity ? 'Infinity' : value);
  return JSON.stringify(report, spoken, indent);
}

/** One row for each class. */
function testTable({ classes, overall, perImage, marginals, cases }: TestReport): string {
  const number = (value: number | undefined, digits = 3) =>
    value === undefined || Number.isNaN(value) ? 'n/a' : value.toFixed(digits);
  const distances = 'hd95' in perImage;
  const head = [
    'class',
    'Dice',
    'IoU',
    'Dice, mean of images',
    ...(distances ? ['HD95, median', 'surface Dice'] : []),
  ];
  const table = new Table({
    head: [...head, 'true share', 'p/q soft', 'p/q hard'],
    style: { head: [], border: [] },
  });
  const hd95Of = (k: number) => {
    const missed = cases.filter(({ hd95 }) => hd95?.[k] === Infinity).length;
    const median = perImage.hd95?.[k]?.median;
    const text = median === Infinity ? '∞' : number(median, 1);
    return missed > 0 ? `${text} (${missed} missed)` : text;
  };
  classes.forEach((name, k) => {
    const { mean, cases: count } = perImage.dice[k]!;
    const surfaces = distances ? [hd95Of(k), number(perImage.surfaceDice?.[k]?.mean)] : [];
    const [q, soft, hard] = [marginals.truth[k]!, marginals.soft[k]!, marginals.hard[k]!];
    table.push([
      name,
      number(overall.dice[k]),
      number(overall.iou[k]),
      `${number(mean)} (${count} of ${cases.length})`,
      ...surfaces,
      number(q, 4),
      q > 0 ? (soft / q).toFixed(2) : 'n/a',
      q > 0 ? (hard / q).toFixed(2) : 'n/a',
    ]);
  });
  return table.toString();
}

async function predictCommand(
  folder: string,
  images: string,
  flags: RunFlags & { out: string },
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr } = terminal;
  const run = await open(folder, flags, terminal);
  try {
    const out = at(terminal, flags.out);
    const result = await predictFolder(run, at(terminal, images), out, windowOf(flags));
    if (flags.json === true) stdout.write(`${JSON.stringify(result)}\n`);
    for (const { reason } of result.unreadable) stderr.write(`left out: ${reason}\n`);
    stderr.write(
      `${result.written.length} label images in ${out}, values are ${run.classes.map((name, k) => `${k} ${name}`).join(', ')}\n`,
    );
    return result.unreadable.length > 0 ? exitCodes.data.code : exitCodes.ok.code;
  } finally {
    run.model.dispose();
    await releaseBackend();
  }
}

function open(folder: string, { checkpoint = 'best', backend }: RunFlags, terminal: Terminal) {
  return openRun(at(terminal, folder), {
    checkpoint: checkpointOf(checkpoint),
    ...(backend !== undefined && { backend: backend as 'auto' }),
  });
}

function windowOf({ window, overlap }: RunFlags) {
  if (overlap !== undefined && window !== true)
    throw new UsageError('--overlap: wanted --window with it, got none');
  return { ...(window !== undefined && { window }), ...(overlap !== undefined && { overlap }) };
}

const checkpointOf = (name: string) => oneOf('checkpoint', name, ['best', 'last', 'previous'] as const);

function oneOf<T extends string>(flag: string, value: string, known: readonly T[]): T {
  if ((known as readonly string[]).includes(value)) return value as T;
  throw new UsageError(`--${flag}: wanted one of ${known.join(', ')}, got "${value}"`);
}

const at = ({ folder }: Terminal, file: string) => path.resolve(folder, file);

/** A flag's text as its key wants it. */
function typed(flag: string, value: unknown): unknown {
  if (flag !== 'epochs' && flag !== 'seed') return value;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}
