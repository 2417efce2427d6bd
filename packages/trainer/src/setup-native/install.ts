import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { type BackendFacts } from '../backend/types.js';
import { checkKeys } from '@segloss/common';
import { buildBinding, hasBinding } from './build.js';
import { checkBackend, standing } from './check.js';
import { checkDisk } from './disk.js';
import { type Found } from './found.js';
import { bringWheel, givenWheel, keptLibrary, unpackLibrary, type LibraryOptions } from './libtensorflow.js';
import { linkLibrary } from './links.js';
import { checkPlatform } from './platform.js';
import { findPython } from './python.js';
import { SetupError } from './setup-error.js';
import { ensureTfjsNode } from './tfjs-node.js';
import { findToolchain } from './toolchain.js';

export { SetupError };

/** A step of {@link setupNative} as it goes on. */
export interface SetupProgress {
  readonly step: string;
  /** `kept`: it stood before. */
  readonly state: 'start' | 'done' | 'kept';
  /** What came of it; empty at the start. */
  readonly message: string;
}

/** Options of {@link setupNative}. */
export interface SetupOptions {
  /** The project that tfjs-node is for. Default: the working folder. */
  folder?: string;
  /** TensorFlow with CUDA, for NVIDIA GPUs. Default false. */
  gpu?: boolean;
  /** A wheel of tensorflow-cpu (or tensorflow) on the disk, in place of that of the package index. */
  wheel?: string;
  /** The Python that has pip. Default `python3`. */
  python?: string;
  /** Whether the project's package.json shall name tfjs-node, where it has to be installed. Default true. */
  save?: boolean;
  /** Called when a step begins and when it is done. */
  onProgress?: (progress: SetupProgress) => void;
}

const KNOWN = ['folder', 'gpu', 'wheel', 'python', 'save', 'onProgress'];

/**
 * Makes the backend `tensorflow` work where the install script of `@tensorflow/tfjs-node` does not: compiles its binding against the C
 * library in the Python wheel of TensorFlow (`tensorflow-cpu`, with `gpu` `tensorflow[and-cuda]`). On Linux x64 with g++, make and
 * Python with pip. The unpacked library, 0.9 GB, is kept in the cache folder (`$XDG_CACHE_HOME` or `~/.cache`, `/segloss`) and
 * serves all projects; what stands is not made again.
 *
 * @param options See {@link SetupOptions}.
 * @returns The version of TensorFlow, whether it uses a GPU, and the package that binds it.
 * @throws {SetupError} If a step fails: what was tried, what came of it, and what to do. @throws {TypeError} If an option is unknown.
 *
 * @example
 * ```ts
 * await setupNative({ wheel: '/no/such.whl' }); // → throws SetupError: setup-native, wheel: tried the wheel /no/such.whl, got no such file…
 * ```
 */
export async function setupNative(
  options: SetupOptions = {},
): Promise<NonNullable<BackendFacts['tensorflow']>> {
  checkKeys('setupNative', options, KNOWN);
  const { gpu = false, python = 'python3', save = true, onProgress } = options;
  const folder = resolve(options.folder ?? '.');
  const wheel = options.wheel === undefined ? undefined : resolve(options.wheel);
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'segloss/libtensorflow');
  const library: LibraryOptions = { python, gpu, cache, wheel };

  async function step<Value>(
    name: string,
    make: () => Found<Value> | Promise<Found<Value>>,
  ): Promise<Found<Value>> {
    onProgress?.({ step: name, state: 'start', message: '' });
    try {
      const found = await make();
      onProgress?.({ step: name, state: found.kept ? 'kept' : 'done', message: found.message });
      return found;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      error.step = name;
      error.message = `setup-native, ${name}: ${error.message}`;
      throw error;
    }
  }

  const given = wheel === undefined ? undefined : await step('wheel', () => givenWheel(wheel));
  await step('platform', () => checkPlatform());
  if (given === undefined) {
    const before = await standing(gpu);
    if (before) return (await step('backend', () => before)).value;
  }
  const { value: toolchain } = await step('compiler', () => findToolchain());
  await step('python', () => findPython(python));
  const { value: tfjsNode } = await step('tfjs-node', () => ensureTfjsNode({ folder, gpu, save }));
  let kept = keptLibrary(library);
  if (kept === undefined) {
    await step('disk', () => checkDisk(cache, gpu));
    const { value: file } = given ?? (await step('wheel', () => bringWheel(library)));
    kept = await step('library', () => unpackLibrary(file, library));
  } else {
    const stands = kept;
    await step('library', () => stands);
  }
  const path = kept.value;
  const links = await step('links', () => linkLibrary(tfjsNode, path));
  if (links.kept && hasBinding(tfjsNode)) {
    const before = await standing(gpu);
    if (before) return (await step('backend', () => before)).value;
  }
  await step('binding', () => buildBinding({ tfjsNode, nodedir: toolchain.nodedir, cache }));
  return (await step('backend', () => checkBackend(gpu, tfjsNode))).value;
}
