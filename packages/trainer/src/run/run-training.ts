import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';

import { selectBackend } from '../backend/select-backend.js';
import { type BackendChoice } from '../backend/types.js';
import { type LoadedConfig } from '../config/load-config.js';
import { movedModule, replaceModules } from '../config/modules.js';
import { runId } from '../config/run-id.js';
import { type RunConfig } from '../config/schema.js';
import { configToYaml } from '../config/to-yaml.js';
import { DivergedError } from '../loop/diverged.js';
import { writeCsv } from '../logs/csv.js';
import { loadLoggers } from '../logs/loggers.js';
import { type MetricsLine } from '../logs/metrics-line.js';
import { MetricsLog } from '../logs/metrics-log.js';
import { writeTensorboard } from '../logs/tensorboard/write-tensorboard.js';
import { resolveLoss } from '../modules/loss-module.js';
import { type ModuleSource } from '../modules/load-module.js';
import { type EpochReport, type StepReport } from '../loop/train-options.js';
import { train, type TrainOptions } from '../train.js';
import { weightsHash } from '../weights.js';
import { runEnvironment } from './environment.js';
import { openRunData } from './run-data.js';
import { RunFolder, type RunStatus } from './run-folder.js';
import { buildRunModel } from './run-model.js';
import { isBetter } from '../loop/learning-rate.js';

/** What a run is, before its first step. */
export interface RunStart {
  readonly id: string;
  readonly folder: string;
  readonly backend: BackendChoice;
  readonly classes: readonly string[];
  readonly images: { readonly train: number; readonly val: number };
  readonly parameters: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Modules of the user's own that it uses. */
  readonly sources: readonly ModuleSource[];
}

/** What is told while a run goes on. */
export interface RunListener {
  start?(run: RunStart): void;
  step?(report: StepReport): void;
  epoch?(line: MetricsLine, report: EpochReport): void;
  /** A sentence: resumed, a damaged checkpoint, a logger that failed. */
  note?(text: string): void;
}

/** What came of a run: `summary.json`. */
export interface RunSummary {
  readonly id: string;
  readonly status: RunStatus;
  readonly epochs: number;
  readonly best: { readonly epoch: number; readonly metric: string; readonly value: number } | null;
  readonly last: MetricsLine | null;
  /** Of the last weights. */
  readonly weightsSha256?: string;
  readonly message?: string;
}

/** Options of {@link runTraining}. */
export interface RunOptions {
  /** Begins anew, and puts an older run of the same configuration aside. Default false. */
  fresh?: boolean;
  /** Ends the run between two updates; it can go on later. */
  signal?: AbortSignal;
  listener?: RunListener;
  /** What `env.json` says that it was started with. */
  command?: readonly string[];
}

/**
 * Trains what a configuration says, in a folder `NAME-ID` of its own below `config.out`, where NAME is that of the configuration's file and ID
 * comes from all that the numbers depend on: the same configuration goes on in the same folder, from its last checkpoint. The
 * folder explains itself: `config.resolved.yaml` and `config.origin.json`, `env.json`, `dataset.json`, `metrics.jsonl` (and what is
 * derived from it), `checkpoints/`, `summary.json`, `STATUS`.
 *
 * @returns The folder and what `summary.json` says; of a run that had finished before, the same again.
 * @throws {DivergedError} If loss or gradient is no number. @throws {DataError} If the data cannot be used. @throws {RunError} If another
 *   process trains the same run. Whatever is thrown, the last checkpoint stands.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const config = parseConfig({ data: { folder: 'demo', limit: 2, size: 16 }, model: { widths: [2] }, epochs: 1, backend: 'wasm', out: tmpdir() });
 * const { summary } = await runTraining({ config, origin: {}, folder: '.', file: 'tiny.yaml' }, { fresh: true });
 * summary.status; // → "finished"
 * summary.epochs; // → 1
 * ```
 */
export async function runTraining(
  loaded: LoadedConfig,
  options: RunOptions = {},
): Promise<{ folder: string; summary: RunSummary }> {
  const { config } = loaded;
  const { fresh = false, signal, listener = {}, command = process.argv } = options;
  const note = (text: string) => listener.note?.(text);
  const data = await openRunData(config);
  const { loss, sources: lossSources } = await resolveLoss(config.loss, loaded.folder);
  const backend = await selectBackend(config.backend, threadsFor(config));
  const { model, sources: modelSources } = await buildRunModel(config, data, { folder: loaded.folder });
  const sources = [...lossSources, ...modelSources];
  try {
    const hashes = [
      data.fingerprint,
      ...sources.map(({ sha256 }) => sha256),
      ...(await weightsHashes(config)),
    ];
    const id = runId(config, hashes.join());
    const home = new RunFolder(path.join(config.out, `${nameOf(loaded.file)}-${id}`));
    if (fresh) {
      const aside = home.putAside();
      if (aside !== undefined) note(`the older run is now ${aside}`);
    } else if (home.status === 'finished') {
      note(`${home.folder} has finished before; --fresh trains anew`);
      return { folder: home.folder, summary: home.read<RunSummary>('summary.json') };
    }
    const unlock = home.lock();
    try {
      const stepsPerEpoch = Math.ceil(data.train.length / (config.batchSize * config.gradient.accumulate));
      const moved = (module: string) => movedModule(module, loaded.folder, home.folder);
      const resolved = { ...config, loss: replaceModules(config.loss, moved) };
      home.write('config.resolved.yaml', configToYaml(resolved, loaded.origin));
      home.write('config.origin.json', loaded.origin);
      home.write('env.json', runEnvironment(backend, command));
      const { name, description, classes, inputShape } = data;
      const ids = { train: data.train.map((one) => one.id), val: data.val.map((one) => one.id) };
      home.write('dataset.json', {
        name,
        description,
        classes,
        inputShape,
        fingerprint: data.fingerprint,
        ...ids,
      });
      home.setStatus('running');
      listener.start?.({
        ...{ id, folder: home.folder, backend, classes, sources, stepsPerEpoch },
        images: { train: data.train.length, val: data.val.length },
        parameters: model.countParams(),
        epochs: config.epochs,
      });

      const log = MetricsLog.open(home.metrics, { classes, loss: loss.spec });
      const loggers = await loadLoggers(config.logs.plugins, { warn: note, folder: loaded.folder });
      loggers.start({ id, folder: home.folder, config, classes, loss: loss.spec });
      const finish = async (status: RunStatus, message?: string): Promise<RunSummary> => {
        const summary: RunSummary = {
          ...summarize(id, status, log.read(), config),
          weightsSha256: await weightsHash(model),
          ...(message !== undefined && { message }),
        };
        home.write('summary.json', summary);
        home.setStatus(status);
        await loggers.end({ ...summary });
        return summary;
      };
      const training: TrainOptions = {
        ...trainOptions(config),
        ...{ model, loss, classes, train: data.train, val: data.val, augment: data.augment },
        checkpoint: {
          folder: home.checkpoints,
          ...config.checkpoint,
          say: note,
          onResume: ({ epoch }) => log.truncateAfter(epoch - 1),
        },
        ...(signal && { signal }),
        onStep: (step) => listener.step?.(step),
      };
      try {
        for await (const report of train(training)) {
          const line = lineOf(report);
          log.append(line);
          if (config.logs.csv) writeCsv(home.metrics, home.file('metrics.csv'));
          if (config.logs.tensorboard) writeTensorboard(home.metrics, home.folder);
          loggers.epoch(line);
          listener.epoch?.(line, report);
        }
      } catch (error) {
        await finish(error instanceof DivergedError ? 'diverged' : 'failed', (error as Error).message);
        throw error;
      }
      return { folder: home.folder, summary: await finish(signal?.aborted ? 'interrupted' : 'finished') };
    } finally {
      unlock();
    }
  } finally {
    model.dispose();
    await data.close();
  }
}

/** The options of `train` that a configuration has. */
function trainOptions(config: RunConfig) {
  const { learningRate, ...optimizer } = config.optimizer;
  const { epochs, batchSize, seed, schedule, gradient, monitor, earlyStopping } = config;
  return {
    ...{ epochs, batchSize, seed, schedule, gradient, monitor, optimizer, learningRate },
    ...(earlyStopping && { earlyStopping }),
  };
}

function threadsFor({ backend, threads }: RunConfig): { threads?: number | 'auto' } {
  return threads !== 1 && (backend === 'wasm' || backend === 'auto') ? { threads } : {};
}

function lineOf({ epoch, step, learningRate, loss, terms, gradientNorm, val }: EpochReport): MetricsLine {
  return { epoch, step, learningRate, loss, terms, gradientNorm, val };
}

function summarize(
  id: string,
  status: RunStatus,
  lines: readonly MetricsLine[],
  { monitor }: RunConfig,
): RunSummary {
  const { metric, mode } = monitor;
  let best: RunSummary['best'] = null;
  for (const { epoch, val } of lines) {
    const value = val[metric];
    if (best === null ? !Number.isNaN(value) : isBetter(value, best.value, mode))
      best = { epoch, metric, value };
  }
  return { id, status, epochs: lines.length, best, last: lines.at(-1) ?? null };
}

/** Of the file of pretrained weights, if there is one. */
async function weightsHashes({ model }: RunConfig): Promise<string[]> {
  const { encoderWeights } = model as { encoderWeights?: unknown };
  if (typeof encoderWeights !== 'string') return [];
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(encoderWeights)) hash.update(bytes as Buffer);
  return [hash.digest('hex')];
}

/** `runs/polyp.yaml` and `preset:polyp` are both `polyp`. */
function nameOf(file: string): string {
  return path.basename(file.replace(/^preset:/, '')).replace(/\.ya?ml$/, '');
}
