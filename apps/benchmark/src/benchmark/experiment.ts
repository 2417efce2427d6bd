import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';

import { classProportions } from '@segloss/data';
import { Piscina } from 'piscina';

import { chooseCases, packCase } from './cases.js';
import { loadData } from './dataset.js';
import { environment } from '../environment.js';
import { UsageError } from '../errors.js';
import { stamp, type Event, type EventBody } from './events.js';
import type { Settings, Size } from '../options.js';
import { penaltyOf } from './penalties.js';
import { trivialPredictors } from './scores.js';
import { rarestClass, runId } from './summary.js';
import { resolveLoss, type ResolvedLoss } from '@segloss/trainer';
import type { RunMessage, RunTask, StepMessage } from './worker.js';

/** What an experiment tells while it goes on. */
export interface Listener {
  event(event: Event): void;
  step(step: StepMessage): void;
}

/** The losses of a command line, read and compared before anything is loaded or trained. */
export async function resolveLosses(
  specs: readonly string[],
  folder: string,
): Promise<(ResolvedLoss & { written: string })[]> {
  const resolved: (ResolvedLoss & { written: string })[] = [];
  for (const written of specs) {
    const one = await resolveLoss(written, folder);
    const same = resolved.find(({ loss }) => loss.spec === one.loss.spec);
    if (same !== undefined) {
      throw new UsageError(
        `--loss: wanted different losses, got "${same.written}" and "${written}", which are both ${one.loss.spec}`,
      );
    }
    resolved.push({ ...one, written });
  }
  return resolved;
}

/**
 * Trains the whole grid, loss x seed, in worker threads, and tells every event to the listener.
 *
 * @param options.signal Stops the threads after their current step; what is finished stays.
 * @throws {UsageError} If a loss cannot be read or is given twice.
 * @throws {DataError} If the data cannot be used.
 */
export async function runExperiment(
  settings: Settings,
  options: {
    command: string;
    folder: string;
    listener: Listener;
    signal: AbortSignal;
    jobs: number;
    losses: Awaited<ReturnType<typeof resolveLosses>>;
  },
): Promise<void> {
  const { listener, losses, jobs } = options;
  const begin = performance.now();
  const tell = (body: EventBody) => listener.event(stamp(body));
  const data = await loadData(settings);
  const { classes } = data;
  checkSize(data, settings.widths);
  const valTruth = classProportions(data.val, classes.length);
  const trainTruth = classProportions(data.train, classes.length);
  const rare = rarestClass(classes, valTruth);
  const cases = chooseCases(data.val, rare, classes);
  const { name, description, channels, height, width } = data;
  const { seeds, epochs, batchSize, learningRate, widths, norm, backend } = settings;
  tell({
    type: 'experiment.start',
    command: options.command,
    environment: environment(),
    data: {
      name,
      description,
      classes: [...classes],
      channels,
      height,
      width,
      train: data.train.length,
      val: data.val.length,
      trainTruth,
      valTruth,
    },
    settings: {
      seeds: [...seeds],
      epochs,
      batchSize,
      learningRate,
      widths: [...widths],
      norm,
      backend,
      jobs,
    },
    losses: losses.map(({ loss, sources }) => ({ spec: loss.spec, sources: [...sources] })),
    trivial: trivialPredictors(data.train, data.val, classes),
    // A class that training never shows has no true proportion to draw.
    penalties: trainTruth[rare]! > 0 ? losses.map(({ loss }) => penaltyOf(loss, trainTruth[rare]!)) : [],
    cases: cases.map(packCase),
  });

  const stop = new Int32Array(new SharedArrayBuffer(4));
  const onAbort = () => Atomics.store(stop, 0, 1);
  options.signal.addEventListener('abort', onAbort);
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./benchmark/worker.js', import.meta.url)),
    minThreads: jobs,
    maxThreads: jobs,
  });
  const start = async (task: Omit<RunTask, 'port'>): Promise<void> => {
    if (options.signal.aborted) return;
    const { port1, port2 } = new MessageChannel();
    // The result of the task and the messages travel apart: the run is over when its last message is here.
    const ended = new Promise<void>((resolve) => {
      port1.on('message', (message: RunMessage) => {
        if (message.type === 'step') return listener.step(message);
        tell(message);
        if (message.type === 'run.end') resolve();
      });
    });
    try {
      await pool.run({ ...task, port: port2 }, { transferList: [port2] });
      await ended;
    } catch (error) {
      // The thread itself died (out of memory, say): the other runs go on.
      const message = error instanceof Error ? error.message : String(error);
      const { spec, seed } = task;
      tell({ type: 'run.end', run: runId(spec, seed), spec, seed, status: 'failed', seconds: NaN, message });
    } finally {
      port1.close();
    }
  };
  // Seeds outside, losses inside: an interrupted experiment has compared all losses on its first seeds.
  const grid = seeds.flatMap((seed) => losses.map((loss) => ({ seed, loss })));
  try {
    await mapConcurrently(grid, jobs, ({ seed, loss }) =>
      start({
        written: loss.written,
        spec: loss.loss.spec,
        seed,
        folder: options.folder,
        settings: { epochs, batchSize, learningRate, widths, norm, backend },
        data,
        cases: cases.map(({ sample }) => sample.id),
        stop,
      }),
    );
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    await pool.destroy();
  }
  tell({
    type: 'experiment.end',
    seconds: (performance.now() - begin) / 1000,
    interrupted: options.signal.aborted,
  });
}

/** Says before any training what the network would say in every run. */
function checkSize({ height, width }: Size, widths: readonly number[]): void {
  const step = 2 ** (widths.length - 1);
  if (height % step === 0 && width % step === 0) return;
  const nearest = [height, width].map((size) => Math.max(step, Math.round(size / step) * step)).join('x');
  throw new UsageError(
    `--size: wanted height and width divisible by ${step} for ${widths.length} --widths, got ${height}x${width}; try --size ${nearest} or fewer widths`,
  );
}

/** Runs at most `limit` at a time, so that a stopped experiment has nothing left in a queue. */
async function mapConcurrently<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, lane));
}
