import path from 'node:path';

import { loadConfig } from '../config/load-config.js';
import { runId } from '../config/run-id.js';
import { type RunConfig } from '../config/schema.js';
import { type RunFolder } from './run-folder.js';

/** Reads the configuration that a run keeps in its folder. */
export async function writtenConfig(home: RunFolder): Promise<RunConfig> {
  const { config } = await loadConfig(path.resolve(home.file('config.resolved.yaml')));
  return config;
}

/** Hashes the settings that the numbers of a run depend on: not where its data lie, and not the number of threads. */
export const settingsOf = (config: RunConfig): string => runId(config, '');
