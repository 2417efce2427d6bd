import { createJiti } from 'jiti';

import { splitModule } from '../config/modules.js';
import { ModuleError } from './module-error.js';
import { moduleSource, type ModuleSource } from './module-source.js';

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
  const { exported } = splitModule(spec);
  const source = moduleSource(spec, folder);
  const full = source.path;
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
  return { value, source };
}
