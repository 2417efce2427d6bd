import * as models from '@segloss/models';
import { checkModel, type ModelInput } from '@segloss/models';
import * as layers from '@segloss/models/layers';
import * as tf from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import * as loop from '../loop.js';
import { loadModule } from './load-module.js';
import { type ModuleSource } from './module-source.js';

/** Modules that a user's file shares with the trainer, wherever it is: one registry of models, one engine of tfjs. */
const SHARED = {
  '@segloss/models': models,
  '@segloss/models/layers': layers,
  '@segloss/trainer': { ...models, ...loop },
  '@segloss/trainer/layers': layers,
  '@segloss/trainer/loop': loop,
  '@tensorflow/tfjs-core': tf,
  '@tensorflow/tfjs-layers': tfLayers,
};

/** A model of the user's own, from a module. */
export interface ModelModule extends ModuleSource {
  /** Calls the module's function; throws unless it returns a model from `inputShape` to logits of `outputs` channels. */
  readonly build: (options: ModelInput & Readonly<Record<string, unknown>>) => LayersModel;
}

/**
 * Loads a module of the user's own, JavaScript or TypeScript, that exports a function
 * `({ inputShape, outputs, seed, ...options }) => LayersModel`. Its imports of tfjs-core, tfjs-layers and
 * `@segloss/models` resolve to the trainer's own copies, wherever the file is; `@segloss/trainer` resolves to the models and the training loop.
 *
 * @param spec `path#export`; without `#export` the default export.
 * @param folder Where relative paths start from.
 * @throws {ModuleError} If there is no such file or export, or the file cannot be loaded. @throws {TypeError} If the export is no function.
 *
 * @example
 * ```ts
 * const { mkdtempSync, writeFileSync } = await import('node:fs');
 * const folder = mkdtempSync((await import('node:os')).tmpdir() + '/segloss-');
 * const code = `import { unet } from '@segloss/models';
 * export const build = ({ inputShape, outputs, seed }) => unet({ inputShape, outputs, seed, widths: [2] });`;
 * writeFileSync(`${folder}/mine.mjs`, code);
 * const { build, sha256 } = await loadModelModule('./mine.mjs#build', folder);
 * build({ inputShape: [4, 4, 1], outputs: 3, seed: 0 }).outputs[0].shape; // → [null, 4, 4, 3]
 * sha256.length; // → 64
 * ```
 */
export async function loadModelModule(spec: string, folder: string): Promise<ModelModule> {
  const { value, source } = await loadModule(spec, folder, SHARED);
  if (typeof value !== 'function') {
    throw new TypeError(
      `${spec}: wanted a function ({ inputShape, outputs, seed }) => LayersModel, got ${typeof value}`,
    );
  }
  const build = value as ModelModule['build'];
  return { ...source, build: (options) => checkModel(spec, build(options), options) };
}
