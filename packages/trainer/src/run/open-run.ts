import { existsSync } from 'node:fs';
import path from 'node:path';

import { type Loss } from '@segloss/losses';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { selectBackend } from '../backend/select-backend.js';
import { type BackendName } from '../backend/types.js';
import { restoreWeights } from '../checkpoint/restore-weights.js';
import { type CheckpointName } from '../checkpoint/store.js';
import { loadConfig } from '../config/load-config.js';
import { type RunConfig } from '../config/schema.js';
import { resolveLoss } from '../modules/loss-module.js';
import { RunError } from './run-error.js';
import { RunFolder } from './run-folder.js';
import { buildRunModel } from './run-model.js';

/** A trained run, ready to be tested, to predict and to be exported. */
export interface OpenRun {
  readonly folder: string;
  readonly config: RunConfig;
  readonly classes: readonly string[];
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly loss: Loss;
  /** With the weights of the checkpoint; to be disposed. */
  readonly model: LayersModel;
  readonly checkpoint: CheckpointName;
}

/** Options of {@link openRun}. */
export interface OpenRunOptions {
  /** Whose weights; default `best`. */
  checkpoint?: CheckpointName;
  /** Default: that of the run's configuration. */
  backend?: BackendName | 'auto';
}

/**
 * Opens the folder of a run that `runTraining` made: its model with the weights of a checkpoint.
 *
 * @throws {RunError} If the folder is none of a run. @throws {CheckpointError} If the checkpoint is missing or damaged.
 *
 * @example
 * ```ts
 * await openRun('no-such-run').catch((error) => error.message); // → "no-such-run is no folder of a run: no config.resolved.yaml; give what segloss train named"
 * ```
 */
export async function openRun(
  folder: string,
  { checkpoint = 'best', backend }: OpenRunOptions = {},
): Promise<OpenRun> {
  const home = new RunFolder(folder);
  for (const name of ['config.resolved.yaml', 'dataset.json']) {
    if (!existsSync(home.file(name))) {
      throw new RunError(`${folder} is no folder of a run: no ${name}; give what segloss train named`);
    }
  }
  const { config } = await loadConfig(path.resolve(home.file('config.resolved.yaml')));
  const { classes, inputShape } = home.read<Pick<OpenRun, 'classes' | 'inputShape'>>('dataset.json');
  await selectBackend(backend ?? config.backend);
  const { loss } = await resolveLoss(config.loss, home.folder);
  const { model } = await buildRunModel(config, { inputShape, classes }, { pretrained: false });
  restoreWeights(model, home.checkpoints, checkpoint);
  return { folder, config, classes, inputShape, loss, model, checkpoint };
}
