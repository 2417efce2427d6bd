import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Where the presets are; the package finds itself by its name, from its sources and from its build. */
export function presetsFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('@segloss/trainer/package.json');
  return path.join(path.dirname(manifest), 'presets');
}

/**
 * The names of the configurations that come with the package, for `extends: preset:NAME`: those of the paper, and one of volumes.
 *
 * @example
 * ```ts
 * presets().includes('polyp-ce-l1'); // → true
 * ```
 */
export function presets(): string[] {
  return readdirSync(presetsFolder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => path.basename(file, '.yaml'))
    .sort();
}
