import { toJson } from '../logs/json.js';
import { type LoadedConfig } from './load-config.js';

/**
 * Returns a function that makes configurations share the parts in which they are equal: a benchmark holds many thousands, which differ in a few
 * values.
 */
export function sharedParts(): (loaded: LoadedConfig) => LoadedConfig {
  const known = new Map<string, unknown>();
  const share = <T>(value: T): T => {
    if (typeof value !== 'object' || value === null) return value;
    const key = toJson(value);
    if (!known.has(key)) known.set(key, value);
    return known.get(key) as T;
  };
  return ({ config, origin, folder, file }) => {
    for (const key of Object.keys(config) as (keyof typeof config)[]) {
      (config as Record<string, unknown>)[key] = share(config[key]);
    }
    return { config, origin: share(origin), folder, file };
  };
}
