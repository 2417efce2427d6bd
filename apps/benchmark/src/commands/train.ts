import { lossRegistry } from '@segloss/losses';
import {
  configTemplate,
  loadConfig,
  readMetrics,
  readScores,
  releaseBackend,
  runTraining,
  serializeEvent,
  stillImproving,
  type LoadedConfig,
  type RunConfig,
  type RunStartEvent,
  type RunSummary,
} from '@segloss/trainer';
import type { Command } from 'commander';
import path from 'node:path';

import { OWN_RUN } from '../benchmark/embedded.js';
import { readResults } from '../benchmark/results.js';
import { writeReportAfter } from '../benchmark/write-report.js';
import { exitCodes, UsageError } from '../errors.js';
import { parseIndex } from '../options.js';
import { plural } from '../page/plural.js';
import { outcomeText, RATIO_LEGEND, sizeAdvice } from '../progress.js';
import { trainingSession } from '../session.js';
import { quote, type Terminal } from '../terminal.js';
import { valuesOf, withConfigFlags } from './config-flags.js';

interface TrainFlags {
  config?: string;
  data?: string;
  loss?: string;
  seed?: number;
  out?: string;
  set?: string[];
  fresh?: boolean;
  json?: boolean;
}

/** `segloss train`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  withConfigFlags(
    command
      .option('-c, --config <file>', 'YAML file, or preset:NAME (see segloss config presets)')
      .option('--data <folder>', 'folder of images and masks (data.folder)')
      .option('--loss <spec>', 'loss spec (see segloss losses) or module, ./mine.ts#name (loss)')
      .option('--seed <n>', 'seed of weights, order and augmentation (seed)', parseIndex),
  )
    .option('--out <folder>', 'folder to create the run folder in (out)')
    .option('--fresh', 'train again; an older run of the same configuration is kept under another name')
    .option('--json', 'print events as JSON lines')
    .action(async (flags: TrainFlags) => finish(await trainCommand(flags, terminal)));
}

async function trainCommand(flags: TrainFlags, terminal: Terminal): Promise<number> {
  const { stdout, argv } = terminal;
  const { fresh = false, json = false } = flags;
  const loaded = await configOf(flags, terminal);
  for (const text of loaded.replaced ?? []) terminal.stderr.write(`${text}\n`);
  const { outputBias } = loaded.config;
  const sizeTerm = hasSizeTerm(loaded.config.loss);
  const spent = { seconds: 0, waiting: 0 };
  let advice: string[] = [];
  let classes: readonly string[] = [];
  const command = ['segloss', ...argv];
  try {
    return await trainingSession(terminal, async ({ signal, note, show }) => {
      const progress = show({ runs: 1 });
      const { folder, summary } = await runTraining(loaded, {
        ...{ fresh, signal, command, say: note },
        onEvent(event) {
          if (json && event.type !== 'step') stdout.write(`${serializeEvent(event)}\n`);
          if (event.type === 'note') note(event.text);
          if (event.type === 'run.start') {
            for (const text of aboutRun(event)) note(text);
            classes = event.classes;
          }
          if (event.type === 'epoch') {
            advice = sizeAdvice(event, classes, { outputBias, sizeTerm });
            spent.seconds += event.seconds;
            spent.waiting += event.waitingSeconds;
          }
          progress.event(event);
        },
      });
      const stopped = summary.status === 'interrupted';
      note(`${outcomeText(summary)}${stopped ? '; the same command resumes' : ''}: ${folder}`);
      if (spent.seconds > 0) note(timeOf(spent, loaded.config.data.workers));
      if (summary.status === 'finished')
        for (const text of [...notConverged(folder, loaded, summary), ...advice]) note(text);
      const report = await writeReportAfter(readResults(folder), command.map(quote).join(' '), note);
      if (report !== undefined) note(`report: ${report}`);
      if (!stopped)
        for (const text of nextCommands(path.relative(terminal.folder, folder) || '.', loaded.config))
          note(text);
      return stopped ? exitCodes.resumable.code : exitCodes.ok.code;
    });
  } finally {
    await releaseBackend();
  }
}

/** The configuration of a file with flags over it, or of the flags alone. */
async function configOf(flags: TrainFlags, { folder: cwd }: Terminal): Promise<LoadedConfig> {
  const { config, data, loss, seed, out, set = [] } = flags;
  const values = { ...valuesOf({ ...flags }), 'data.folder': data, loss, seed, out };
  if (config !== undefined) return loadConfig(config, { set, flags: values, cwd });
  if (data === undefined && !set.some((entry) => entry.startsWith('data'))) {
    throw new UsageError('train: wanted -c <file> or --data <folder>, got neither; for example: segloss train --data ./images --loss ce'); // prettier-ignore
  }
  const name = data === undefined ? 'run' : path.basename(path.resolve(cwd, data));
  const template = configTemplate({ text: OWN_RUN, name }, { keys: [], set, flags: values, cwd });
  return { ...template.configure([]), replaced: template.replaced };
}

function* aboutRun(run: RunStartEvent): Generator<string> {
  yield `run ${run.run} in ${run.folder}`;
  yield `data ${run.data.name}: ${run.data.description}`;
  for (const text of run.data.warnings) yield `warning: ${text}`;
  yield `backend ${run.backend.name}: ${run.backend.reason}`;
  yield `${run.data.train} images to train and ${run.data.val} to validate at ${run.inputShape.slice(0, -1).join(' x ')}, ${run.parameters} parameters, ${plural(run.epochs, 'epoch')} of ${plural(run.stepsPerEpoch, 'update')}`;
  yield RATIO_LEGEND;
}

function timeOf({ seconds, waiting }: { seconds: number; waiting: number }, workers: number): string {
  const share = ((100 * waiting) / seconds).toFixed(1);
  const advice =
    workers === 0 && waiting > 0.2 * seconds ? '; --set data.workers=2 reads ahead in threads' : '';
  return `${seconds.toFixed(1)} s, of which ${share} % waiting for images${advice}`;
}

/** What to do where the epochs were too few. */
function* notConverged(
  folder: string,
  { config: { monitor, updates, outputBias, seed } }: LoadedConfig,
  { best, epochs }: RunSummary,
): Generator<string> {
  const longer = updates === undefined ? `--set epochs=${2 * epochs}` : `--set updates=${2 * updates}`;
  if (monitor.mode === 'max' && best?.value === 0) {
    yield `not converged: ${monitor.metric} is still 0 after ${plural(epochs, 'epoch')}; train longer (${longer}), or from other weights (--seed ${seed + 1})${outputBias === 'prior' ? '' : ', or begin with the true proportions (--set outputBias=prior)'}`;
    return;
  }
  const { lines } = readMetrics(path.join(folder, 'metrics.jsonl'));
  const { background } = readScores(path.join(folder, 'scores.json'));
  const unfinished = stillImproving(lines, monitor, background);
  if (unfinished === undefined) return;
  const { metric, from, to, epochs: last } = unfinished;
  yield `not converged: ${metric} was still improving in the last ${last} of ${lines.length} epochs, from ${from.toFixed(3)} to ${to.toFixed(3)}; train longer: ${longer}`;
}

/** What one does with a trained run. */
function nextCommands(run: string, { logs }: RunConfig): string[] {
  const folder = quote(run);
  const tracked = logs.trackers.some((tracker) => /^wandb(=|$)/.test(tracker));
  return [
    'next:',
    `  segloss test ${folder}`,
    `  segloss predict ${folder} IMAGES --out labels`,
    `  segloss report ${folder}`,
    `  segloss export ${folder} --out model`,
    ...(tracked ? [`  wandb sync ${folder}/wandb/offline-run-*`] : []),
  ];
}

/** Whether a loss spec names a loss that compares region sizes. */
function hasSizeTerm(spec: string): boolean {
  const losses = lossRegistry();
  return (spec.match(/[a-z][\w-]*/g) ?? []).some(
    (name) => losses.get(name)?.definition.role === 'region-size',
  );
}
