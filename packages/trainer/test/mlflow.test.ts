// MLflow by its REST interface, against a server on loopback that keeps its rules: https://mlflow.org/docs/latest/rest-api.html
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError, runTraining, type LoadedConfig } from '@segloss/trainer';

import { trackerOf } from '../src/logs/trackers/tracker.js';
import { tinyRun, writeDataset } from './run-fixture.js';

interface Metric {
  key: string;
  value: number;
  step: number;
}
interface StoredRun {
  status: string;
  name: string;
  params: Map<string, string>;
  metrics: Metric[];
}

/** What MLflow 2 does with the requests that a client needs, and what it refuses. */
class Mlflow {
  readonly experiments = new Map<string, string>();
  readonly runs = new Map<string, StoredRun>();
  readonly authorizations = new Set<string | undefined>();
  /** Answers every request with this status, where it is set. */
  broken: number | undefined;
  private server!: Server;

  async listen(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.authorizations.add(request.headers.authorization);
        const url = new URL(request.url!, 'http://x');
        const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, string>;
        const [status, answer] = this.broken !== undefined ? [this.broken, { error_code: 'INTERNAL_ERROR', message: 'broken' }] : this.answer(`${request.method} ${url.pathname}`, body, url.searchParams); // prettier-ignore
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private answer(route: string, body: Record<string, string>, query: URLSearchParams): [number, object] {
    const missing: [number, object] = [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'not found' }];
    const invalid = (message: string): [number, object] => [400, { error_code: 'INVALID_PARAMETER_VALUE', message }]; // prettier-ignore
    const run = this.runs.get(body['run_id'] ?? '');
    switch (route) {
      case 'GET /api/2.0/mlflow/experiments/get-by-name': {
        const id = this.experiments.get(query.get('experiment_name')!);
        return id === undefined ? missing : [200, { experiment: { experiment_id: id } }];
      }
      case 'POST /api/2.0/mlflow/experiments/create':
        this.experiments.set(body['name']!, `e${this.experiments.size}`);
        return [200, { experiment_id: this.experiments.get(body['name']!) }];
      case 'POST /api/2.0/mlflow/runs/create': {
        if (![...this.experiments.values()].includes(body['experiment_id']!)) return missing;
        const id = `r${this.runs.size}`;
        this.runs.set(id, { status: 'RUNNING', name: body['run_name']!, params: new Map(), metrics: [] });
        return [200, { run: { info: { run_id: id } } }];
      }
      case 'POST /api/2.0/mlflow/runs/update':
        if (run === undefined) return missing;
        run.status = body['status']!;
        return [200, {}];
      case 'POST /api/2.0/mlflow/runs/log-batch': {
        if (run === undefined) return missing;
        const { params = [], metrics = [] } = body as unknown as { params?: { key: string; value: string }[]; metrics?: (Metric & { timestamp: number })[] }; // prettier-ignore
        if (params.length > 100 || metrics.length > 1000) return invalid('too many in one request');
        if (![...params, ...metrics].every(({ key }) => /^[\w\-. /]{1,250}$/.test(key)))
          return invalid('key');
        if (!metrics.every(({ value, timestamp, step }) => [value, timestamp, step].every(Number.isFinite))) return invalid('metric'); // prettier-ignore
        for (const { key, value } of params) {
          if ((run.params.get(key) ?? value) !== value) return invalid('a param cannot change');
          run.params.set(key, value);
        }
        run.metrics.push(...metrics.map(({ key, value, step }) => ({ key, value, step })));
        return [200, {}];
      }
      default:
        return [404, { error_code: 'ENDPOINT_NOT_FOUND', message: route }];
    }
  }
}

let folder: string;
let server: Mlflow;
let address: string;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'segloss-mlflow-'));
  writeDataset(path.join(folder, 'data'), [0, 4, 8, 12]);
  server = new Mlflow();
  address = await server.listen();
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const configured = (keys: object = {}): LoadedConfig =>
  tinyRun(folder, { epochs: 3, logs: { trackers: [`mlflow=${address}`] }, ...keys });

/** Trains, and returns the notes; stops after an epoch where one is given. */
async function training(loaded: LoadedConfig, last = Infinity) {
  const notes: string[] = [];
  const stop = new AbortController();
  const { folder: home, summary } = await runTraining(loaded, {
    signal: stop.signal,
    onEvent(event) {
      if (event.type === 'note') notes.push(event.text);
      if (event.type === 'epoch' && event.epoch >= last) stop.abort();
    },
  });
  return { home, status: summary.status, notes: notes.filter((text) => text.includes('logs.trackers')) };
}

/** The Dice of every epoch in the run's own file. */
const diceOf = (home: string): number[] =>
  readFileSync(path.join(home, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => (JSON.parse(line) as { val: { foregroundDice: number } }).val.foregroundDice);
const sentDice = ({ metrics }: StoredRun): [number, number][] =>
  metrics.filter(({ key }) => key === 'val.foregroundDice').map(({ step, value }) => [step, value]);

describe('MLflow', () => {
  it('gets the configuration and every epoch', async () => {
    const { home, status, notes } = await training(configured());
    expect([status, notes, [...server.experiments.keys()]]).toEqual(['finished', [], ['segloss']]);
    const [run, ...others] = [...server.runs.values()];
    expect([run!.status, run!.name, others]).toEqual(['FINISHED', path.basename(home), []]);
    expect(Object.fromEntries(run!.params)).toMatchObject({
      loss: 'ce',
      epochs: '3',
      'optimizer.learningRate': '0.001',
      'model.widths': '[2,4]',
    });
    expect(sentDice(run!)).toEqual(diceOf(home).map((dice, epoch) => [epoch, dice]));
    const keys = new Set(run!.metrics.map(({ key }) => key));
    for (const key of ['loss', 'terms.ce', 'learningRate', 'val.loss', 'val.truth.background']) {
      expect(keys).toContain(key);
    }
  });

  it('continues the same run where a training is resumed', async () => {
    expect((await training(configured(), 0)).status).toBe('interrupted');
    expect([...server.runs.values()].map(({ status }) => status)).toEqual(['KILLED']);
    const { home, notes } = await training(configured());
    const [run, ...others] = [...server.runs.values()];
    expect([run!.status, others, notes]).toEqual(['FINISHED', [], []]);
    expect(sentDice(run!)).toEqual(diceOf(home).map((dice, epoch) => [epoch, dice]));
  });

  it('starts another run where the server lost the first', async () => {
    await training(configured(), 0);
    server.runs.clear();
    server.experiments.clear();
    const { home } = await training(configured());
    expect(server.runs.size).toBe(1);
    expect(sentDice([...server.runs.values()][0]!)).toHaveLength(diceOf(home).length);
  });

  it('that fails is reported once, stops nothing, and gets what it missed after a resume', async () => {
    server.broken = 500;
    const { status, notes } = await training(configured(), 0);
    expect(status).toBe('interrupted');
    expect(notes).toEqual([
      `logs.trackers: mlflow=${address}: start: ${address} answers 500 to experiments/get-by-name: broken; training continues`,
    ]);
    server.broken = undefined;
    const { home } = await training(configured());
    expect(sentDice([...server.runs.values()][0]!)).toEqual(diceOf(home).map((dice, epoch) => [epoch, dice]));
  });

  it('that cannot be reached does not change the training', async () => {
    const { home, status, notes } = await training(configured({ logs: { trackers: ['mlflow=http://127.0.0.1:9'] } })); // prettier-ignore
    expect([status, diceOf(home).length, notes.length]).toEqual(['finished', 3, 1]);
    expect(notes[0]).toMatch(/cannot be reached/);
  });
});

describe('a tracker', () => {
  const run = { id: 'a', classes: ['no', 'yes'], loss: 'ce' };

  it('takes address, experiment and password from the variables of MLflow', async () => {
    const tracker = trackerOf('mlflow', {
      MLFLOW_TRACKING_URI: `${address}/`,
      MLFLOW_EXPERIMENT_NAME: 'mine',
      MLFLOW_TRACKING_USERNAME: 'me',
      MLFLOW_TRACKING_PASSWORD: 'pass',
    });
    await tracker.start!({ ...run, folder, config: configured().config });
    expect([...server.experiments.keys()]).toEqual(['mine']);
    expect([...server.authorizations]).toEqual(['Basic bWU6cGFzcw==']); // base64 of me:pass
  });

  it.each([
    ['mlflow', 'MLFLOW_TRACKING_URI is not set'],
    ['mlflow=databricks', 'wanted http://HOST:PORT or https://HOST, got databricks'],
    ['mlflow=http://me:secret@host', 'MLFLOW_TRACKING_PASSWORD'],
    ['mlfow=http://host', 'did you mean "mlflow"?'],
    ['aim', 'wandb=PROJECT'],
  ])('%s is refused', (spec, message) => {
    expect(() => trackerOf(spec, {})).toThrow(ConfigError);
    expect(() => trackerOf(spec, {})).toThrow(message);
    expect(() => trackerOf(spec, {})).not.toThrow('secret');
  });
});
