import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { createJiti } from 'jiti';

import { splitModule } from '../config/modules.js';

/** Where a value of the user's own came from. */
export interface ModuleSource {
  /** What was written: `./mine.ts#name`. */
  readonly name: string;
  /** The file it was resolved to. */
  readonly path: string;
  /** Of the file. */
  readonly sha256: string;
}

/**
 * A module of the user's own cannot be used; says what was wanted.
 *
 * @example
 * ```ts
 * await resolveLoss('./none.mjs#mine', '.').catch((error) => error.name); // → "ModuleError"
 * ```
 */
export class ModuleError extends RangeError {
  override readonly name = 'ModuleError';
}

/**
 * Loads one export of a module of the user's own, JavaScript or TypeScript.
 *
 * @param spec `path#export`; without `#export` the default export.
 * @param folder Where relative paths start from.
 * @param shared Modules that the file gets as they are here, wherever it lies: they have one registry.
 * @throws {ModuleError} If there is no such file or export, or the file cannot be loaded.
 */
export async function loadModule(
  spec: string,
  folder: string,
  shared: Record<string, unknown> = {},
): Promise<{ value: unknown; source: ModuleSource }> {
  const { file, exported } = splitModule(spec);
  const full = path.resolve(folder, file);
  if (file === '' || !existsSync(full))
    throw new ModuleError(`${spec}: wanted a module, got no file at ${full}`);
  const jiti = createJiti(full, { virtualModules: shared, fsCache: false, interopDefault: false });
  let module: Record<string, unknown>;
  try {
    module = await jiti.import<Record<string, unknown>>(full);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModuleError(`${spec}: ${full} cannot be loaded: ${reason}`, { cause: error });
  }
  const value = module[exported];
  if (value === undefined) {
    const names = Object.keys(module).join(', ') || 'none';
    throw new ModuleError(`${spec}: wanted an export "${exported}" in ${full}, got exports: ${names}`);
  }
  const sha256 = createHash('sha256').update(readFileSync(full)).digest('hex');
  return { value, source: { name: spec, path: full, sha256 } };
}
