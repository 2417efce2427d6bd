import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { extendDurably } from '../../files.js';
import { type LoggedRun, type Logger } from '../../logger.js';
import { type MetricsLine } from '../../metrics-line.js';
import { linesOf } from '../../metrics-log.js';
import { scalarsOf } from '../../scalars.js';
import { wandbRecords, type WandbRun } from './records.js';
import { transactionLog } from './transaction-log.js';

/**
 * Returns a logger that keeps a run as an offline run of Weights & Biases, in `wandb/offline-run-DATE-ID` of the run folder; `wandb sync` uploads it.
 * A resumed run continues the same one. Nothing needs to be installed, and nothing is sent.
 *
 * @param project Default: `WANDB_PROJECT`, or `segloss`.
 * @param environment `WANDB_ENTITY`, `WANDB_RUN_GROUP` and `WANDB_TAGS` (separated by commas) count as in wandb.
 */
export function wandb(
  project: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  now: () => Date = () => new Date(),
): Logger {
  let run: WandbRun;
  let classes: readonly string[];
  let file: string;
  let lines: MetricsLine[] = [];

  const write = (ended?: boolean) => {
    const steps = lines.map((line) => ({ step: line.epoch, numbers: scalarsOf(line, classes) }));
    const changed = extendDurably(file, transactionLog(wandbRecords(run, steps, ended)));
    if (changed) rmSync(`${file}.synced`, { force: true }); // with it, wandb sync would leave out what is new
  };

  return {
    start(started) {
      const { folder, start } = folderOf(started, now);
      classes = started.classes;
      file = path.join(folder, `run-${started.id}.wandb`);
      run = runOf(started, start, { project, environment });
      lines = [...linesOf(started.folder)];
      if (!existsSync(file)) write();
    },
    epoch(line) {
      lines = [...lines.filter(({ epoch }) => epoch < line.epoch), line];
      write();
    },
    end: ({ status }) => write(status === 'finished'),
  };
}

function runOf(
  { id, folder, config }: LoggedRun,
  start: Date,
  { project, environment }: { project: string | undefined; environment: NodeJS.ProcessEnv },
): WandbRun {
  return {
    id,
    project: project ?? (environment['WANDB_PROJECT'] || 'segloss'),
    entity: environment['WANDB_ENTITY'] ?? '',
    group: environment['WANDB_RUN_GROUP'] ?? '',
    name: path.basename(folder),
    tags: (environment['WANDB_TAGS'] ?? '').split(',').filter((tag) => tag !== ''),
    config: { ...config, out: undefined, logs: undefined }, // what, and not where
    start,
  };
}

/** The folder of the offline run, which a resumed training finds again, and the time in its name (UTC). */
function folderOf({ id, folder }: LoggedRun, now: () => Date): { folder: string; start: Date } {
  const home = path.join(folder, 'wandb');
  const known = existsSync(home) ? readdirSync(home).find((name) => timeOf(name, id) !== undefined) : undefined; // prettier-ignore
  const name = known ?? `offline-run-${now().toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15)}-${id}`; // prettier-ignore
  mkdirSync(path.join(home, name), { recursive: true });
  return { folder: path.join(home, name), start: timeOf(name, id)! };
}

function timeOf(name: string, id: string): Date | undefined {
  const found = /^offline-run-(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)-(.+)$/.exec(name);
  if (found?.at(-1) !== id) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  return new Date(Date.UTC(year!, month! - 1, day, hour, minute, second));
}
