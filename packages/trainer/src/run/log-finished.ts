import { existsSync } from 'node:fs';

import { type RunConfig } from '../config/schema.js';
import { writeCsv } from '../logs/csv.js';
import { loadLoggers } from '../logs/loggers.js';
import { readMetrics } from '../logs/metrics-log.js';
import { writeTensorboard } from '../logs/tensorboard/write-tensorboard.js';
import { RunFolder } from './run-folder.js';
import { type RunSummary } from './summary.js';

/** A run that has finished, and the configuration that asks for its logs. */
export interface FinishedRun {
  readonly id: string;
  readonly folder: string;
  readonly config: RunConfig;
}

/**
 * Gives a finished run the logs that it lacks: files that it was trained without, and epochs that a tracker does not have. Loggers of the user's own
 * are left alone, since they may not expect a run twice.
 *
 * @param note Receives one line about a tracker that failed.
 * @throws {ConfigError} If a tracker is unknown, or has no address.
 *
 * @example
 * ```ts
 * const { mkdtempSync, readFileSync, writeFileSync } = await import('node:fs');
 * const { tmpdir } = await import('node:os');
 * const folder = mkdtempSync(`${tmpdir()}/segloss-example-`);
 * writeFileSync(`${folder}/metrics.jsonl`, '{"schemaVersion":1,"classes":["no","yes"],"loss":"ce"}\n{"epoch":0,"loss":0.5}\n');
 * const config = parseConfig({ data: { folder: './data' } });
 * await logFinished({ id: 'a', folder, config }, console.error);
 * readFileSync(`${folder}/metrics.csv`, 'utf8').split('\n'); // → ["epoch,loss","0,0.5",""]
 * ```
 */
export async function logFinished(
  { id, folder, config }: FinishedRun,
  note: (text: string) => void,
): Promise<void> {
  const { csv, tensorboard, trackers } = config.logs;
  const home = new RunFolder(folder);
  if (csv && !existsSync(home.file('metrics.csv'))) writeCsv(home.metrics, home.file('metrics.csv'));
  if (tensorboard) writeTensorboard(home.metrics, folder);
  if (trackers.length === 0) return;
  const { classes, loss } = readMetrics(home.metrics);
  const loggers = await loadLoggers([], { trackers, warn: note });
  loggers.start({ id, folder, config, classes, loss });
  await loggers.end({ ...home.read<RunSummary>('summary.json') });
}
