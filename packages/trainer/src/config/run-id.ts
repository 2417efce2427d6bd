import { createHash } from 'node:crypto';
import path from 'node:path';

import { parseLoss } from '@segloss/losses';

import { modulesIn, replaceModules } from './modules.js';
import { type RunConfig } from './schema.js';

/**
 * Names a run by what its numbers come from: the same configuration on the same data has the same id, in any folder and on
 * any machine. Where data are and results go, what is logged, when checkpoints are written and the numbers of threads do not count. Files
 * count by name only: what is in them (data, modules, weights) belongs into the fingerprint.
 *
 * @param fingerprint A hash of the data and of every file that the configuration names.
 * @returns The first 12 hexadecimal digits of a SHA-256.
 *
 * @example
 * ```ts
 * const id = runId(parseConfig({ data: { folder: 'demo' } }), 'data-1');
 * id.length; // → 12
 * runId(parseConfig({ data: { folder: 'demo' }, threads: 2 }), 'data-1') === id; // → true
 * runId(parseConfig({ data: { folder: 'demo' }, seed: 1 }), 'data-1') === id; // → false
 * ```
 */
export function runId(config: RunConfig, fingerprint: string): string {
  const run = {
    ...without(config, ['out', 'logs', 'threads', 'checkpoint']),
    data: named({
      ...without(config.data, ['folder', 'images', 'masks', 'workers', 'test']),
      normalize: normalizeOf(config),
    }),
    model: named(config.model),
    loss: canonicalLoss(config.loss),
    fingerprint,
  };
  return createHash('sha256').update(canonicalJson(run)).digest('hex').slice(0, 12);
}

/** `auto`, where no weights have replaced it, is `none`. */
function normalizeOf({ data: { normalize } }: RunConfig): RunConfig['data']['normalize'] {
  return normalize === 'auto' ? 'none' : normalize;
}

function without(value: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

/** JSON with the keys of every object in order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** Files by their names. */
function named(value: unknown): unknown {
  if (typeof value === 'string') return path.isAbsolute(value) ? path.basename(value) : value;
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item)]));
}

function canonicalLoss(spec: string): string {
  const modules = modulesIn(spec);
  return modules.length > 0 ? replaceModules(spec, (module) => path.basename(module)) : parseLoss(spec).spec;
}
