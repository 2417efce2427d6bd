import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { numbersOf } from '../csv.js';
import { type LoggedRun, type Logger } from '../logger.js';
import { type MetricsLine } from '../metrics-line.js';
import { linesOf } from '../metrics-log.js';
import { MlflowClient, MlflowError } from './mlflow-client.js';

/** File of the run folder that says which run of the server is this one, and how much of it the server has. */
const FILE = 'mlflow.json';

interface Link {
  readonly address: string;
  readonly runId: string;
  /** Epochs that the server has. */
  readonly epochs: number;
}

/** Limits of one request, from MLflow's REST interface. */
const MOST = { params: 100, metrics: 1000, key: 240, characters: 500 } as const;

const STATUS: Readonly<Record<string, string>> = {
  finished: 'FINISHED',
  interrupted: 'KILLED',
};

/**
 * Returns a logger that writes a run to an MLflow server: the configuration as parameters, every number of an epoch as a metric. A resumed
 * run continues the run of the server that `mlflow.json` in its folder names. Epochs that the server missed are sent with the next one, or when the run is resumed.
 *
 * @param address `http://HOST:PORT` of the server.
 */
export function mlflow(address: string, environment: NodeJS.ProcessEnv = process.env): Logger {
  const client = new MlflowClient(address, environment);
  let run: LoggedRun;
  let link: Link | undefined;
  let waiting: MetricsLine[] = [];

  const keep = (value: Link): Link => {
    writeFileSync(path.join(run.folder, FILE), `${JSON.stringify(value, undefined, 2)}\n`);
    return (link = value);
  };

  /** Opens the run of the server, and finds what it lacks. */
  const open = async (): Promise<Link> => {
    const known = linkOf(run.folder, address);
    const continued = known !== undefined && (await reopened(client, known));
    const opened = continued ? known : keep({ address, runId: await createRun(client, run, environment), epochs: 0 }); // prettier-ignore
    const first = waiting[0]?.epoch ?? Infinity;
    const earlier = linesOf(run.folder).filter(({ epoch }) => epoch < first);
    waiting = [...earlier, ...waiting].filter(({ epoch }) => epoch >= opened.epochs);
    return (link = opened);
  };

  /** Sends what waits, and returns the run of the server. */
  const send = async (): Promise<Link> => {
    let current = link ?? (await open());
    for (let line = waiting[0]; line !== undefined; line = waiting[0]) {
      await logMetrics(client, current.runId, line, run.classes);
      waiting.shift();
      current = keep({ ...current, epochs: line.epoch + 1 });
    }
    return current;
  };

  return {
    async start(started) {
      run = started;
      await send();
    },
    async epoch(line) {
      if (link !== undefined && line.epoch < link.epochs) return; // the start found it in metrics.jsonl
      waiting.push(line);
      await send();
    },
    async end({ status }) {
      const { runId } = await send();
      const body = { run_id: runId, status: STATUS[String(status)] ?? 'FAILED', end_time: Date.now() };
      await client.post('runs/update', body);
    },
  };
}

/** Which run of this server the folder belongs to; undefined where none. */
function linkOf(folder: string, address: string): Link | undefined {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) return undefined;
  const link = JSON.parse(readFileSync(file, 'utf8')) as Partial<Link>;
  return link.address === address && typeof link.runId === 'string' && Number.isInteger(link.epochs) ? (link as Link) : undefined; // prettier-ignore
}

/** Returns whether the run is still there; it is running again then. */
async function reopened(client: MlflowClient, { runId }: Link): Promise<boolean> {
  try {
    await client.post('runs/update', { run_id: runId, status: 'RUNNING' });
    return true;
  } catch (error) {
    if (error instanceof MlflowError && error.code === 'RESOURCE_DOES_NOT_EXIST') return false;
    throw error;
  }
}

async function createRun(
  client: MlflowClient,
  run: LoggedRun,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const experiment = await experimentOf(client, environment['MLFLOW_EXPERIMENT_NAME'] || 'segloss');
  const name = path.basename(run.folder);
  const created = (await client.post('runs/create', {
    experiment_id: experiment,
    run_name: name,
    start_time: Date.now(),
    tags: Object.entries({
      'mlflow.runName': name,
      'mlflow.source.name': 'segloss',
      'segloss.run': run.id,
    }).map(([key, value]) => ({ key, value })),
  })) as { run?: { info?: { run_id?: unknown } } };
  const runId = created.run?.info?.run_id;
  if (typeof runId !== 'string') throw new MlflowError('runs/create: wanted run.info.run_id, got none');
  const config = { ...run.config, out: undefined, logs: undefined }; // where, and not what
  const params = allowed([...leavesOf(config)]).map(([key, value]) => ({ key, value: value.slice(0, MOST.characters) })); // prettier-ignore
  for (let at = 0; at < params.length; at += MOST.params) {
    await client.post('runs/log-batch', {
      run_id: runId,
      params: params.slice(at, at + MOST.params),
    });
  }
  return runId;
}

/** The id of an experiment, which is made where it is missing. */
async function experimentOf(client: MlflowClient, name: string): Promise<string> {
  try {
    const found = await client.get('experiments/get-by-name', { experiment_name: name });
    return (found as { experiment: { experiment_id: string } }).experiment.experiment_id;
  } catch (error) {
    if (!(error instanceof MlflowError && error.code === 'RESOURCE_DOES_NOT_EXIST')) throw error;
  }
  const made = await client.post('experiments/create', { name });
  return (made as { experiment_id: string }).experiment_id;
}

async function logMetrics(
  client: MlflowClient,
  runId: string,
  line: MetricsLine,
  classes: readonly string[],
): Promise<void> {
  const timestamp = Date.now();
  const { epoch, ...values } = line;
  const metrics = allowed([...numbersOf(values, '', classes)])
    .filter(([, value]) => Number.isFinite(value)) // JSON has no others
    .map(([key, value]) => ({ key, value, timestamp, step: epoch }));
  for (let at = 0; at < metrics.length; at += MOST.metrics) {
    await client.post('runs/log-batch', { run_id: runId, metrics: metrics.slice(at, at + MOST.metrics) });
  }
}

/** The same with names that the server allows: letters, digits and `_-. /`; two that become one are told apart by a number. */
function allowed<T>(named: readonly (readonly [string, T])[]): [string, T][] {
  const seen = new Set<string>();
  return named.map(([name, value]) => {
    const plain = name.replace(/[^\w\-. /]/g, '_').slice(0, MOST.key);
    let key = plain;
    for (let i = 2; seen.has(key); i++) key = `${plain}_${i}`;
    seen.add(key);
    return [key, value];
  });
}

/** Values of a configuration by their paths. */
function* leavesOf(value: unknown, at = ''): Generator<[key: string, value: string]> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, item] of Object.entries(value)) yield* leavesOf(item, at === '' ? key : `${at}.${key}`);
  } else if (value !== undefined) {
    yield [at, typeof value === 'string' ? value : JSON.stringify(value)];
  }
}
