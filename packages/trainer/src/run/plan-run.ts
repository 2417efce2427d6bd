import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { isBuiltIn } from '@segloss/data';

import { type LoadedConfig } from '../config/load-config.js';
import { modulesIn, modulesOfModel } from '../config/modules.js';
import { runId } from '../config/run-id.js';
import { type RunConfig } from '../config/schema.js';
import { moduleSource, type ModuleSource } from '../modules/module-source.js';
import { resolveEncoderWeights } from '../hub/encoder-weights.js';
import { fileHash } from './file-hash.js';
import { refuseInside } from './output-folder.js';
import { imageOptions } from './image-options.js';
import { findImages, type RunImages } from './run-data.js';
import { RunFolder, type RunStatus } from './run-folder.js';
import { samplesOf, trainingLength } from './training-length.js';

/** A run before it is trained: who it is, where it lies, and how far it got. */
export interface RunPlan {
  /** From everything that its numbers depend on: configuration, data, modules, pretrained weights. */
  readonly id: string;
  /** The first part of the folder's name. */
  readonly name: string;
  /** `OUT/NAME-ID`. */
  readonly folder: string;
  /** `interrupted` also where a finished run lacks a file: `runTraining` completes it, or says what cannot be restored. */
  readonly state: RunState;
  /** Epochs that it trains, unless it stops early. */
  readonly epochs: number;
  /** Weights of a hub by their commit, `data.normalize` as it belongs to them. */
  readonly loaded: LoadedConfig;
  /** Path of the file of pretrained weights; undefined where the model has none. */
  readonly weightsFile?: string | undefined;
  /** The images; shared by plans over the same data. */
  readonly images: RunImages;
  /** The user's own modules, which have not been run. */
  readonly sources: readonly ModuleSource[];
}

/**
 * {@link RunStatus}, or `missing` where nothing was trained yet. A `finished` run has its scores; a `running` one is being trained, or its process
 * ended without a word.
 */
export type RunState = RunStatus | 'missing';

/** Options of {@link planRun}. */
export interface PlanOptions {
  /** Name of the folder, before the id. Default: that of the configuration's file. */
  name?: string;
  /** Opened data, shared by the plans of a benchmark: pass the same map to every call. */
  opened?: OpenedImages;
  /** Receives what is downloaded. Default: a warning on the console. */
  say?: (text: string) => void;
}

/** Data sets that were opened, by the part of the configuration that names them. */
export type OpenedImages = Map<string, Promise<RunImages>>;

/**
 * Plans a run without training it: opens the data, hashes whatever its numbers depend on, and looks up how far its folder is. Runs no code
 * of the user's own. Weights of a hub (`model.encoderWeights`) are downloaded into the cache unless they are there; nothing else is written.
 *
 * @param options See {@link PlanOptions}.
 * @throws {DataError} If the data cannot be used. @throws {HubError} If weights cannot be downloaded. @throws {ModuleError} If a module's file is missing. @throws {OutputError} If `out` lies in the
 *   folder of the images.
 *
 * @example
 * ```ts
 * const { mkdtempSync } = await import('node:fs');
 * const out = mkdtempSync((await import('node:os')).tmpdir() + '/segloss-');
 * const config = parseConfig({ data: { folder: 'demo', limit: 2, size: 16 }, out });
 * const opened = new Map();
 * const plan = (loss) => planRun({ config: { ...config, loss }, origin: {}, folder: '.', file: 'tiny.yaml' }, { name: 'cell', opened });
 * const [ce, dice] = [await plan('ce'), await plan('dice')];
 * ce.state; // → "missing"
 * ce.folder === `${out}/cell-${ce.id}`; // → true
 * ce.id === dice.id; // → false
 * opened.size; // → 1
 * ```
 */
export async function planRun(given: LoadedConfig, options: PlanOptions = {}): Promise<RunPlan> {
  const { config } = given;
  const { name = nameOf(given.file), opened = new Map() as OpenedImages } = options;
  const { say = (text: string) => console.warn(text) } = options;
  checkName(name);
  const folders = [config.data.folder, ...(config.data.test === undefined ? [] : [config.data.test])];
  refuseInside(
    config.out,
    folders.filter((one) => !isBuiltIn(one)),
  );
  const sources = [...modulesIn(config.loss), ...modulesOfModel(config)].map((module) =>
    moduleSource(module, given.folder),
  );
  const images = await openOnce(config, opened);
  const { loaded, local } = await resolveEncoderWeights(given, images.channels, say);
  const hashes = [
    images.fingerprint,
    ...sources.flatMap(({ sha256, imports }) => [sha256, ...imports.map((one) => one.sha256)]),
    ...(await weightsHashes(local)),
  ];
  const id = runId(local, hashes.join()); // a file counts by its name and its bytes, wherever it came from
  const folder = path.join(config.out, `${name}-${id}`);
  const { epochs } = trainingLength(config, samplesOf(config, images.train.length));
  const { encoderWeights } = local.model;
  return {
    ...{ id, name, folder, state: stateOf(folder), epochs, loaded, images, sources },
    ...(encoderWeights !== undefined && { weightsFile: encoderWeights }),
  };
}

/** As {@link runState}; a finished run that lacks files is to be completed, so it counts as interrupted. */
function stateOf(folder: string): RunState {
  const state = runState(folder);
  return state === 'finished' && new RunFolder(folder).incomplete.length > 0 ? 'interrupted' : state;
}

/**
 * Looks up how far a run is from its folder alone. A run whose checkpoints were deleted is still `finished`: its scores are there.
 *
 * @example
 * ```ts
 * runState('no-such-folder'); // → "missing"
 * ```
 */
export function runState(folder: string): RunState {
  const { status, scores } = new RunFolder(folder);
  if (status === undefined) return 'missing';
  return status === 'finished' && !existsSync(scores) ? 'interrupted' : status;
}

function openOnce(config: RunConfig, opened: OpenedImages): Promise<RunImages> {
  const options = imageOptions(config);
  const key = JSON.stringify(options);
  const images = opened.get(key) ?? findImages(options);
  opened.set(key, images);
  return images;
}

/** Hashes of the files that the options of the model name, such as pretrained weights. */
async function weightsHashes({ model }: RunConfig): Promise<string[]> {
  const files = Object.values(model).filter(
    (value): value is string =>
      typeof value === 'string' &&
      path.isAbsolute(value) &&
      (statSync(value, { throwIfNoEntry: false })?.isFile() ?? false),
  );
  return Promise.all(files.map(fileHash));
}

/** `runs/polyp.yaml` and `preset:polyp` are both `polyp`. */
function nameOf(file: string): string {
  return path.basename(file.replace(/^preset:/, '')).replace(/\.ya?ml$/, '');
}

function checkName(name: string): void {
  if (name !== '' && !/[\\/\0]/.test(name) && name !== '.' && name !== '..') return;
  throw new RangeError(`planRun: wanted a name for a folder, got ${JSON.stringify(name)}; leave out slashes`);
}
