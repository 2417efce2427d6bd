import { unknownName } from '@segloss/common';

import { ConfigError } from '../../config/config-error.js';
import { type Logger } from '../logger.js';
import { mlflow } from './mlflow.js';
import { wandb } from './wandb/wandb.js';

const VARIABLE = 'MLFLOW_TRACKING_URI';
const TRACKERS = ['mlflow', 'wandb'];

/**
 * Returns the loggers of several trackers.
 *
 * @throws {ConfigError} If one cannot be used, or two are of one kind: a run folder keeps the run of one.
 */
export function trackersOf(specs: readonly string[]): { spec: string; logger: Logger }[] {
  const kinds = new Set<string>();
  return specs.map((spec) => {
    const kind = spec.split('=')[0]!;
    if (kinds.has(kind)) throw refused(kind, 'wanted one tracker of each kind, got two', 'leave one out');
    kinds.add(kind);
    return { spec, logger: trackerOf(spec) };
  });
}

/**
 * Returns the logger of a tracker.
 *
 * @param spec `mlflow=http://HOST:PORT`, or `mlflow` with the address in `MLFLOW_TRACKING_URI`; `wandb=PROJECT`, or `wandb` with the project in `WANDB_PROJECT`.
 * @throws {ConfigError} If the tracker is unknown or its address cannot be used.
 */
export function trackerOf(spec: string, environment: NodeJS.ProcessEnv = process.env): Logger {
  const [, name, given] = /^([^=]*)(?:=(.*))?$/s.exec(spec)!;
  if (name === 'wandb') return wandbOf(spec, given, environment);
  if (name !== 'mlflow') throw refused(spec, unknownName('tracker', name!, TRACKERS), 'use mlflow=http://HOST:PORT, wandb=PROJECT, or a logger of your own in logs.plugins'); // prettier-ignore
  const address = given ?? environment[VARIABLE] ?? '';
  if (address === '') throw refused(spec, `wanted the address of the server, got none, and ${VARIABLE} is not set`, 'use mlflow=http://HOST:PORT'); // prettier-ignore
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refused(spec, `wanted http://HOST:PORT or https://HOST, got ${address}`, 'start a server: mlflow server --port 5000'); // prettier-ignore
  if (url.username !== '' || url.password !== '') throw refused(`mlflow=${url.protocol}//${url.host}`, 'wanted an address without a password, since a run folder shows it', 'set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD'); // prettier-ignore
  return mlflow(address.replace(/\/+$/, ''), environment);
}

function wandbOf(spec: string, project: string | undefined, environment: NodeJS.ProcessEnv): Logger {
  if (project !== undefined && !/^[^/\\#?%:]{1,128}$/.test(project)) throw refused(spec, `wanted the name of a project, without / \\ # ? % or :, got ${JSON.stringify(project)}`, 'use wandb=PROJECT; the account or team is taken from WANDB_ENTITY'); // prettier-ignore
  return wandb(project, environment);
}

const refused = (where: string, expected: string, remedy: string) =>
  new ConfigError({ what: 'logs.trackers: it cannot be used', where, expected, remedy });
