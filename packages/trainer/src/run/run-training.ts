import { existsSync } from 'node:fs';
import path from 'node:path';

import { type BackendChoice } from '../backend/types.js';
import { selectBackend } from '../backend/select-backend.js';
import { checkpointFile } from '../checkpoint/store.js';
import { type LoadedConfig } from '../config/load-config.js';
import { movedModule, replaceModules } from '../config/modules.js';
import { type RunConfig } from '../config/schema.js';
import { configToYaml } from '../config/to-yaml.js';
import { CheckpointError } from '../loop/checkpoint.js';
import { DivergedError } from '../loop/diverged.js';
import { writeCsv } from '../logs/csv.js';
import { loadLoggers } from '../logs/loggers.js';
import { type MetricsLine } from '../logs/metrics-line.js';
import { MetricsLog } from '../logs/metrics-log.js';
import { writeTensorboard } from '../logs/tensorboard/write-tensorboard.js';
import { askConsent, describeModule, type ModuleConsent } from '../modules/consent.js';
import { moduleSource } from '../modules/module-source.js';
import { resolveLoss } from '../modules/loss-module.js';
import { type EpochReport, type NoteSubject } from '../loop/train-options.js';
import { train, type TrainOptions } from '../train.js';
import { weightsHash } from '../weights.js';
import { endsInTime, StoppedWaiting } from './abortable.js';
import {
  differences,
  environmentsAfter,
  runEnvironment,
  versions,
  type RunEnvironments,
} from './environment.js';
import { type RunEvent } from './events.js';
import { logFinished } from './log-finished.js';
import { planRun, type PlanOptions } from './plan-run.js';
import { settingsOf, writtenConfig } from './run-config.js';
import { prepareImages, type RunData } from './run-data.js';
import { RunError } from './run-error.js';
import { RunFolder, type RunStatus } from './run-folder.js';
import { buildRunModel } from './run-model.js';
import { addSeconds } from './run-time.js';
import { RunStore } from './run-store.js';
import { scoreRun } from './score-run.js';
import { trainingLength } from './training-length.js';
import { bestEpoch, type RunSummary } from './summary.js';

/** Options of {@link runTraining}. */
export interface RunOptions extends PlanOptions {
  /** Trains anew, and moves an older run of the same configuration to another folder. Default false. */
  fresh?: boolean;
  /** Stops the run between two updates; it can be resumed later. */
  signal?: AbortSignal;
  /** Receives every event of the run. */
  onEvent?: (event: RunEvent) => void;
  /** Whether the modules that the configuration names (loss, model, loggers) may be run. Default true; each is announced before. */
  modules?: ModuleConsent;
  /** What `env.json` records as the command. */
  command?: readonly string[];
}

/**
 * Trains a configuration in a folder `OUT/NAME-ID` of its own, where the id comes from everything that the numbers depend on: the same
 * configuration on the same data resumes in the same folder, from its last checkpoint. Afterwards the validation images are scored with the
 * last and the best weights. The folder explains itself: `config.resolved.yaml` and `config.origin.json`, `env.json`, `dataset.json`,
 * `metrics.jsonl` (and what is derived from it), `checkpoints/`, `scores.json`, `examples.json`, `summary.json`, `STATUS`.
 *
 * @returns The folder and its `summary.json`; of a run that has finished before, the same again.
 * @throws {DivergedError} If the loss or a gradient is not finite. @throws {DataError} If the data cannot be used. @throws {RunError} If another
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
  given: LoadedConfig,
  options: RunOptions = {},
): Promise<{ folder: string; summary: RunSummary }> {
  const {
    fresh = false,
    signal,
    onEvent = () => undefined,
    modules = true,
    command = process.argv,
  } = options;
  const plan = await planRun(given, options);
  const { id, name, folder, images, sources, loaded, weightsFile } = plan;
  const { config } = loaded;
  const note = (text: string) => onEvent({ type: 'note', run: id, text });
  const noteAbout = (text: string, about: NoteSubject) =>
    onEvent({ type: 'note', run: id, text, ...(about === 'settings' && { about }) });
  const home = new RunFolder(folder);
  if (!fresh && plan.state === 'finished') {
    note(`resumed: ${folder} has finished before; --fresh trains anew`);
    await logFinished({ id, folder, config }, note);
    return { folder, summary: home.read<RunSummary>('summary.json') };
  }
  if (!fresh) refuseWithoutBest(home);
  const loggerSources = config.logs.plugins.map((module) => moduleSource(module, loaded.folder));
  for (const source of [...sources, ...loggerSources])
    noteAbout(`runs the ${describeModule(source)}`, 'settings');
  await askConsent(loaded.file, [...sources, ...loggerSources], modules);
  const data = await prepareImages(images, config, signal);
  try {
    const { loss } = await resolveLoss(config.loss, loaded.folder);
    const backend = await selectBackend(config.backend, threadsFor(config));
    const { model } = await buildRunModel(config, data, { folder: loaded.folder, weightsFile });
    const loggers = await loadLoggers(config.logs.plugins, {
      ...{ trackers: config.logs.trackers, warn: note, folder: loaded.folder },
    });
    try {
      const aside = fresh ? await home.putAside(note) : undefined;
      if (aside !== undefined) note(`the older run was moved to ${aside}`);
      const lease = await home.lease(note);
      try {
        if (home.status === 'finished') {
          note(`${folder} had finished, but ${home.incomplete.join(', ')} is missing or incomplete`);
        }
        if (home.status === 'running') {
          note('the last attempt ended without a status: it was killed, or could not write');
        }
        for (const text of await describeRun(home, { loaded, data, backend, command }))
          noteAbout(text, 'settings');
        home.setStatus('running');
        const { epochs, stepsPerEpoch } = trainingLength(config, data.train.length);
        onEvent({
          ...{ type: 'run.start', run: id, name, folder, sources, stepsPerEpoch, classes: data.classes },
          backend: { name: backend.name, reason: backend.reason },
          data: { ...about(data), train: data.train.length, val: data.val.length },
          inputShape: data.inputShape,
          parameters: model.countParams(),
          epochs,
        });
        const log = MetricsLog.open(home.metrics, { classes: data.classes, loss: loss.spec });
        loggers.start({ id, folder, config, classes: data.classes, loss: loss.spec });
        const finish = async (status: RunStatus, message?: string): Promise<RunSummary> => {
          const lines = log.read();
          const [best, last] = [bestEpoch(lines, config.monitor, data.background), lines.at(-1)];
          const outcome: Omit<RunSummary, 'schemaVersion' | 'id'> = {
            ...{ name, status, epochs: lines.length },
            ...(best && { best }),
            ...(last && { last }),
            weightsSha256: await weightsHash(model),
            versions: versions(),
            ...(message !== undefined && { message }),
          };
          const summary: RunSummary = { schemaVersion: 2, id, ...outcome };
          lease.check();
          home.write('summary.json', summary);
          home.setStatus(status);
          onEvent({ type: 'run.end', run: id, folder, ...outcome });
          await loggers.end({ ...summary });
          return summary;
        };
        const derive = () => {
          if (config.logs.csv) writeCsv(home.metrics, home.file('metrics.csv'));
          if (config.logs.tensorboard) writeTensorboard(home.metrics, folder);
        };
        const store = new RunStore(home.checkpoints, log, lease);
        const training: TrainOptions = {
          ...trainOptions(config),
          epochs,
          ...{ model, loss, train: data.train, val: data.val, augment: data.augment },
          ...(data.valWindow && { valWindow: data.valWindow }),
          ...{ classes: data.classes, background: data.background },
          checkpoint: {
            store,
            ...config.checkpoint,
            say: note,
            onResume({ epoch }) {
              store.checkBest(epoch);
              store.bringMetricsTo(epoch, note);
              if (epoch > 0) derive();
            },
          },
          ...(signal && { signal }),
          onNote: noteAbout,
          onStep: ({ epoch, step, loss: value }) =>
            onEvent({ type: 'step', run: id, epoch, step, loss: value }),
        };
        let { range } = data;
        try {
          for await (const report of train(training)) {
            const line = lineOf(report);
            lease.check();
            log.append(line);
            derive();
            loggers.epoch(line);
            const { seconds, waitingSeconds, best } = report;
            if (range?.finding) noteAbout(`warning: ${range.finding.message}`, 'settings'); // of all runs on these images
            range = undefined; // the first epoch has read every image
            addSeconds(home.file('time.json'), seconds);
            onEvent({ type: 'epoch', run: id, ...line, seconds, waitingSeconds, best });
          }
          const scored = signal?.aborted ? undefined : await scoreRun(home, model, data, config, signal);
          return { folder, summary: await finish(scored === undefined ? 'interrupted' : 'finished') };
        } catch (error) {
          if (error instanceof StoppedWaiting) {
            note(`${error.message}; what was trained until then is saved`);
            return { folder, summary: await finish('interrupted') };
          }
          if (error instanceof RunError) throw error; // the folder is another process's
          await finish(error instanceof DivergedError ? 'diverged' : 'failed', (error as Error).message);
          throw error;
        }
      } finally {
        lease.release();
      }
    } finally {
      model.dispose();
    }
  } finally {
    if (!(await endsInTime(data.close()))) note('a reading thread does not end');
  }
}

/**
 * Throws where a finished run lost its best weights, before anything in its folder changes: only another training would give them back,
 * which may take days.
 */
function refuseWithoutBest(home: RunFolder): void {
  if (home.status !== 'finished' || !home.resumable) return;
  const best = path.relative(home.folder, checkpointFile(home.checkpoints, 'best'));
  if (!home.incomplete.includes(best)) return;
  throw new CheckpointError(
    `${home.folder} had finished, but ${best} is missing or incomplete; restore the file, or train anew with --fresh, which gives the ` +
      'same weights again. The scores are still there, and segloss test, predict and export use the last weights with --checkpoint last',
  );
}

/** Writes the files that say what the run is. Returns what is other than before, where the run is resumed. */
async function describeRun(
  home: RunFolder,
  { loaded, data, backend, command }: { loaded: LoadedConfig; data: RunData; backend: BackendChoice; command: readonly string[] }, // prettier-ignore
): Promise<string[]> {
  const { config, origin, folder } = loaded;
  const moved = (module: string) => movedModule(module, folder, home.folder);
  home.write(
    'config.resolved.yaml',
    configToYaml({ ...config, loss: replaceModules(config.loss, moved) }, origin),
  );
  home.write('config.origin.json', origin);
  const environment = runEnvironment(backend, command);
  const before = existsSync(home.checkpoints) ? home.find<RunEnvironments>('env.json') : undefined;
  home.write('env.json', before === undefined ? environment : environmentsAfter(before, environment));
  const ids = {
    train: data.trainIds,
    val: data.val.map((one) => one.id),
    ...(data.test !== undefined && { test: data.test.map((one) => one.id) }),
  };
  const { classes, background, inputShape, fingerprint, channelNames } = data;
  home.write('dataset.json', {
    ...about(data),
    classes,
    inputShape,
    ...(channelNames && { channelNames }),
    fingerprint,
    background: background ?? 'none',
    settings: settingsOf(await writtenConfig(home)),
    ...ids,
  });
  const others = before === undefined ? [] : differences(before, environment);
  return others.length === 0
    ? []
    : [
        `resumed in another environment (${others.join('; ')}): it may not end bit-identical to an undisturbed run`,
      ];
}

const about = ({ name, description, warnings }: RunData) => ({ name, description, warnings });

/** The options of `train` that a configuration has. */
function trainOptions(config: RunConfig) {
  const { batchSize, seed, schedule, gradient, monitor, earlyStopping } = config;
  const { batchNormStatistics, outputBias, ema } = config;
  return {
    ...{ batchSize, seed, schedule, gradient, monitor },
    optimizer: config.optimizer,
    ...{ batchNormStatistics, outputBias },
    valTta: config.validation.tta,
    ...(ema !== undefined && { ema }),
    ...(earlyStopping && { earlyStopping }),
  };
}

function threadsFor({ backend, threads }: RunConfig): { threads?: number | 'auto' } {
  return threads !== 1 && (backend === 'wasm' || backend === 'auto') ? { threads } : {};
}

function lineOf({ epoch, step, learningRate, loss, terms, gradientNorm, val }: EpochReport): MetricsLine {
  return { epoch, step, learningRate, loss, terms, gradientNorm, val };
}
