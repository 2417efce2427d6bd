import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import { type LayersModel } from '@tensorflow/tfjs-layers';
import { createJiti } from 'jiti';

import * as trainer from '../index.js';
import { checkModel } from './check-model.js';
import * as layers from './layer-classes.js';
import { type ModelInput } from './registry.js';

/** A model of the user's own, from a module. */
export interface ModelModule {
  /** What was written: `./mine.mjs#build`. */
  readonly name: string;
  /** The file it was resolved to. */
  readonly path: string;
  /** Of the file. */
  readonly sha256: string;
  /** Calls the module's function; throws unless it gives a model that takes `inputShape` and gives logits of `outputs` channels. */
  readonly build: (options: ModelInput & Readonly<Record<string, unknown>>) => LayersModel;
}

/**
 * Loads a module of the user's own, JavaScript or TypeScript, that exports a function
 * `({ inputShape, outputs, seed, ...options }) => LayersModel`. What it imports of tfjs-core, tfjs-layers, `@segloss/trainer` and
 * `@segloss/trainer/layers` are the trainer's own copies, wherever the file lies.
 *
 * @param spec `path#export`; without `#export` the default export.
 * @param folder Where relative paths start from.
 * @throws {RangeError} If there is no such file or export, or the file cannot be loaded. @throws {TypeError} If the export is no function.
 *
 * @example
 * ```ts
 * const { mkdtempSync, writeFileSync } = await import('node:fs');
 * const folder = mkdtempSync((await import('node:os')).tmpdir() + '/segloss-');
 * const code = `import { unet } from '@segloss/trainer';
 * export const build = ({ inputShape, outputs, seed }) => unet({ inputShape, outputs, seed, widths: [2] });`;
 * writeFileSync(`${folder}/mine.mjs`, code);
 * const { build, sha256 } = await loadModelModule('./mine.mjs#build', folder);
 * build({ inputShape: [4, 4, 1], outputs: 3, seed: 0 }).outputs[0].shape; // → [null, 4, 4, 3]
 * sha256.length; // → 64
 * ```
 */
export async function loadModelModule(spec: string, folder: string): Promise<ModelModule> {
  const caller = `loadModelModule: ${spec}`;
  const [file = '', exported = 'default'] = spec.split('#');
  const full = path.resolve(folder, file);
  if (file === '' || !existsSync(full)) {
    throw new RangeError(`${caller}: wanted a module, got no file at ${full}`);
  }
  const virtualModules = {
    '@segloss/trainer': trainer,
    '@segloss/trainer/layers': layers,
    '@tensorflow/tfjs-core': tf,
    '@tensorflow/tfjs-layers': tfLayers,
  };
  const jiti = createJiti(full, { virtualModules, fsCache: false, interopDefault: false });
  let module: Record<string, unknown>;
  try {
    module = await jiti.import<Record<string, unknown>>(full);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${caller}: ${full} cannot be loaded: ${reason}`, { cause: error });
  }
  const build = module[exported];
  if (build === undefined) {
    const names = Object.keys(module).join(', ') || 'none';
    throw new RangeError(`${caller}: wanted an export "${exported}" in ${full}, got exports: ${names}`);
  }
  if (typeof build !== 'function') {
    throw new TypeError(
      `${caller}: wanted a function ({ inputShape, outputs, seed }) => LayersModel, got ${typeof build}`,
    );
  }
  return {
    name: spec,
    path: full,
    sha256: createHash('sha256').update(readFileSync(full)).digest('hex'),
    build: (options) => checkModel(spec, build(options), options),
  };
}
