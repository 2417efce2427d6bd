import { unknownName } from '@segloss/common';

import { ConfigError } from '../../config/config-error.js';
import { type Logger } from '../logger.js';
import { mlflow } from './mlflow.js';

const VARIABLE = 'MLFLOW_TRACKING_URI';

/**
 * Returns the logger of a tracker.
 *
 * @param spec `mlflow=http://HOST:PORT`, or `mlflow` with the address in `MLFLOW_TRACKING_URI`.
 * @throws {ConfigError} If the tracker is unknown or its address cannot be used.
 */
export function trackerOf(spec: string, environment: NodeJS.ProcessEnv = process.env): Logger {
  const [, name, given] = /^([^=]*)(?:=(.*))?$/s.exec(spec)!;
  if (name !== 'mlflow') {
    const wandb = /^(wandb|w&b|weights.*biases)$/i.test(name!);
    throw refused(spec, unknownName('tracker', name!, ['mlflow']), wandb ? 'see "Weights & Biases" in docs/training.md' : 'use mlflow=http://HOST:PORT, or a logger of your own in logs.plugins'); // prettier-ignore
  }
  const address = given ?? environment[VARIABLE] ?? '';
  if (address === '') throw refused(spec, `wanted the address of the server, got none, and ${VARIABLE} is not set`, 'use mlflow=http://HOST:PORT'); // prettier-ignore
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refused(spec, `wanted http://HOST:PORT or https://HOST, got ${address}`, 'start a server: mlflow server --port 5000'); // prettier-ignore
  if (url.username !== '' || url.password !== '') throw refused(`mlflow=${url.protocol}//${url.host}`, 'wanted an address without a password, since a run folder shows it', 'set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD'); // prettier-ignore
  return mlflow(address.replace(/\/+$/, ''), environment);
}

const refused = (where: string, expected: string, remedy: string) =>
  new ConfigError({ what: 'logs.trackers: it cannot be used', where, expected, remedy });
