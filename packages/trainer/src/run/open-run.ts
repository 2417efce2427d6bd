import { existsSync } from 'node:fs';

import { type LayersModel } from '@tensorflow/tfjs-layers';

import { selectBackend } from '../backend/select-backend.js';
import { type BackendName } from '../backend/types.js';
import { restoreWeights } from '../checkpoint/restore-weights.js';
import { checkpointFile, type CheckpointName } from '../checkpoint/store.js';
import { modulesOfModel } from '../config/modules.js';
import { type RunConfig } from '../config/schema.js';
import { askConsent, type ModuleConsent } from '../modules/consent.js';
import { moduleSource } from '../modules/module-source.js';
import { temperatureOf } from './run-calibration.js';
import { settingsOf, writtenConfig } from './run-config.js';
import { RunError } from './run-error.js';
import { RunFolder } from './run-folder.js';
import { buildRunModel } from './run-model.js';
import { type RunScores } from './scores.js';
import { weightsHash } from '../weights.js';

/** A trained run, ready to be tested, to predict and to be exported. */
export interface OpenRun {
  readonly folder: string;
  readonly config: RunConfig;
  readonly classes: readonly string[];
  /** Index of the background class; null where every class counts. */
  readonly background: number | null;
  /** Height, width and channels; of volumes the depth before them. */
  readonly inputShape: readonly number[];
  /** Of volumes with a file for each channel, found by patterns: what tells their names apart, as `t1` and `t2`. */
  readonly channelNames?: readonly string[];
  /** With the weights of the checkpoint; to be disposed. */
  readonly model: LayersModel;
  readonly checkpoint: CheckpointName;
  /** SHA-256 of the data that it was trained with; undefined for runs of versions that wrote none. */
  readonly fingerprint?: string;
  /** Whether `config.resolved.yaml` has other settings than the run was trained with; where data lie does not count. */
  readonly edited: boolean;
  /** Temperature of its probabilities, of a run that was opened `calibrated`; see {@link calibrateRun}. */
  readonly temperature?: number;
}

/** What `dataset.json` says that a model needs. */
interface DatasetFile extends Pick<OpenRun, 'classes' | 'inputShape' | 'fingerprint' | 'channelNames'> {
  readonly background?: number | 'none';
  readonly settings?: string;
}

/** Options of {@link openRun}. */
export interface OpenRunOptions {
  /** Whose weights; default `best`. */
  checkpoint?: CheckpointName;
  /** Default: that of the run's configuration. */
  backend?: BackendName | 'auto';
  /** Whether the module of the model may be run, if the run has one. Default false: a folder may come from anybody. */
  modules?: ModuleConsent;
  /** Scales its probabilities by the temperature that {@link calibrateRun} keeps in its folder. Default false. */
  calibrated?: boolean;
}

/**
 * Opens the folder of a run that `runTraining` made: its model with the weights of a checkpoint.
 *
 * @throws {RunError} If the folder is not that of a run, or the weights of a finished run are those of another. @throws {ModuleError} If its model is a module that may not be run. @throws {CheckpointError} If the checkpoint is missing or damaged.
 *
 * @example
 * ```ts
 * await openRun('no-such-run').catch((error) => error.message); // → "no-such-run is not a run folder: config.resolved.yaml is missing. Pass the folder that \"segloss train\" printed."
 * ```
 */
export async function openRun(
  folder: string,
  { checkpoint = 'best', backend, modules = false, calibrated = false }: OpenRunOptions = {},
): Promise<OpenRun> {
  const home = new RunFolder(folder);
  for (const name of ['config.resolved.yaml', 'dataset.json']) {
    if (!existsSync(home.file(name))) {
      throw new RunError(
        `${folder} is not a run folder: ${name} is missing. Pass the folder that "segloss train" printed.`,
        'not-a-run',
      );
    }
  }
  const config = await writtenConfig(home);
  const { background: said, settings, ...found } = home.read<DatasetFile>('dataset.json');
  const background = said === 'none' ? null : (said ?? 0);
  const { classes, inputShape, fingerprint, channelNames } = found;
  const sources = modulesOfModel(config).map((module) => moduleSource(module, home.folder));
  const temperature = calibrated ? await temperatureOf(home, checkpoint) : undefined;
  await askConsent(folder, sources, modules);
  await selectBackend(backend ?? config.backend);
  const { model } = await buildRunModel(config, { inputShape, classes }, { pretrained: false });
  restoreWeights(model, home.checkpoints, checkpoint);
  await checkWeights(model, home, checkpoint);
  return {
    ...{ folder, config, classes, background, inputShape, model, checkpoint },
    edited: settings !== undefined && settings !== settingsOf(config),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(channelNames && { channelNames }),
    ...(temperature !== undefined && { temperature }),
  };
}

/** Throws if a finished run holds other weights than those that its scores are of, as of a file that was copied from another run. */
async function checkWeights(model: LayersModel, home: RunFolder, checkpoint: CheckpointName): Promise<void> {
  if (checkpoint === 'previous' || home.status !== 'finished') return;
  const scored = home.find<RunScores>('scores.json')?.[checkpoint]?.weightsSha256;
  if (scored === undefined || scored === (await weightsHash(model))) return;
  model.dispose();
  throw new RunError(
    `${checkpointFile(home.checkpoints, checkpoint)}: wanted the weights that scores.json is of, got others; does the file belong to ` +
      'another run? Put its own back, or train again with --fresh',
    'other-weights',
  );
}
