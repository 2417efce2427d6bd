import type { MessagePort } from 'node:worker_threads';

import {
  DivergedError,
  predict,
  resolveLoss,
  selectBackend,
  train,
  unet,
  type BackendChoice,
} from '@segloss/trainer';

import { packBytes } from './codec.js';
import type { LoadedData } from './dataset.js';
import type { EventBody, EventOf, Scores } from './events.js';
import type { Settings } from '../options.js';
import { scorePredictions } from './scores.js';
import { runId } from './summary.js';

/** One cell of the grid, as the parent sends it to a thread. */
export interface RunTask {
  /** The spec as written, so that modules in it can be found again. */
  readonly written: string;
  readonly spec: string;
  readonly seed: number;
  readonly folder: string;
  readonly settings: Pick<Settings, 'epochs' | 'batchSize' | 'learningRate' | 'widths' | 'norm' | 'backend'>;
  readonly data: LoadedData;
  /** Ids of the images whose predictions the report shows. */
  readonly cases: readonly string[];
  /** One shared number: not 0 once the user wants to stop. */
  readonly stop: Int32Array;
  readonly port: MessagePort;
}

/** What a thread tells its parent: events for `results.jsonl`, and steps for the live display. */
export type RunMessage = EventBody | StepMessage;

export interface StepMessage {
  readonly type: 'step';
  readonly run: string;
  readonly epoch: number;
  /** 0-based, counted from the start of the training. */
  readonly step: number;
  readonly loss: number;
}

const backends = new Map<string, Promise<BackendChoice>>();

/** A thread has one backend for its life; choosing it again would only repeat the proof. */
function backendOf(wanted: string): Promise<BackendChoice> {
  const known = backends.get(wanted) ?? selectBackend(wanted as Parameters<typeof selectBackend>[0]);
  backends.set(wanted, known);
  return known;
}

/** Trains and evaluates one network; always ends with a `run.end` event, whatever happens. */
export default async function run(task: RunTask): Promise<EventOf<'run.end'>['status']> {
  const send = (message: RunMessage) => task.port.postMessage(message);
  const identity = { run: runId(task.spec, task.seed), spec: task.spec, seed: task.seed };
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const end = (
    status: EventOf<'run.end'>['status'],
    more: { message?: string; scores?: Scores; predictions?: string[] },
  ) => {
    send({ type: 'run.end', ...identity, status, seconds: seconds(), ...more });
    return status;
  };
  try {
    const finished = await trainOne(task, identity, send);
    if (finished === undefined) return end('interrupted', { message: 'stopped by Ctrl-C' });
    return end('ok', finished);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (isStopped(task)) return end('interrupted', { message: 'stopped by Ctrl-C' });
    return end(error instanceof DivergedError ? 'diverged' : 'failed', { message });
  }
}

/** The learning rate falls to almost 0, so that the last epoch is no accident of the last steps. */
function decay(epoch: number, epochs: number): number {
  return (1 - epoch / epochs) ** 0.9;
}

function isStopped({ stop }: RunTask): boolean {
  return Atomics.load(stop, 0) !== 0;
}

/** Returns undefined where the user stopped it. */
async function trainOne(
  task: RunTask,
  identity: { run: string; spec: string; seed: number },
  send: (message: RunMessage) => void,
): Promise<{ scores: Scores; predictions: string[] } | undefined> {
  const { settings, data } = task;
  const { name, reason } = await backendOf(settings.backend);
  const { loss } = await resolveLoss(task.written, task.folder);
  const classes = [...data.classes];
  const model = unet({
    inputShape: [data.height, data.width, data.channels],
    outputs: classes.length === 2 ? 1 : classes.length,
    widths: [...settings.widths],
    norm: settings.norm,
    seed: task.seed,
  });
  try {
    send({ type: 'run.start', ...identity, backend: { name, reason }, parameters: model.countParams() });
    const controller = new AbortController();
    const reports = train({
      model,
      loss,
      train: [...data.train],
      val: [...data.val],
      classes,
      epochs: settings.epochs,
      batchSize: settings.batchSize,
      optimizer: { learningRate: settings.learningRate },
      schedule: (rate, at) => rate * decay(at.epoch, at.epochs),
      seed: task.seed,
      signal: controller.signal,
      onStep: (step) => {
        // A busy thread reads no messages, but it can look at shared memory.
        if (isStopped(task)) controller.abort();
        send({ type: 'step', run: identity.run, epoch: step.epoch, step: step.step, loss: step.loss });
      },
    });
    let soft: readonly number[] = [];
    for await (const { epoch, seconds, loss, terms, val } of reports) {
      const { foregroundDice: meanDice, foregroundIou: meanIou, ...rest } = val;
      send({ type: 'epoch', ...identity, epoch, seconds, loss, terms, val: { ...rest, meanDice, meanIou } });
      soft = val.soft;
    }
    if (isStopped(task)) return undefined;
    const predicted = await predict(model, [...data.val], { batchSize: settings.batchSize });
    const labels = predicted.map((one) => one.labels);
    return {
      scores: scorePredictions(data.val, { labels, soft }, classes),
      predictions: task.cases.map((id) => packBytes(labels[data.val.findIndex((one) => one.id === id)]!)),
    };
  } finally {
    model.dispose();
  }
}
