import {
  augmentation,
  randomFlip,
  randomStream,
  shuffled,
  type Augmentation,
  type Sample,
} from '@segloss/data/samples';
import type * as tf from '@tensorflow/tfjs-core';
import { dispose, tensor, type Tensor } from '@tensorflow/tfjs-core';

import { checkSamples, inGroups, loadGroups, toBatch, type TrainingItem } from './batches.js';
import { CheckpointError, type CheckpointContent, type CheckpointTensor } from './checkpoint.js';
import { backendErrors, watchBackend } from './device.js';
import { classPrior } from './class-prior.js';
import { DivergedError } from './diverged.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { clip, globalNorm, GradientSum } from './gradients.js';
import {
  learningRateSchedule,
  Plateau,
  type LearningRateSchedule,
  type PlateauState,
} from './learning-rate.js';
import { batchNormMomentum, recomputeBatchNormalization, setOutputBias, setStep } from '@segloss/models';
import { BestSoFar, monitoredValue, type MonitorState } from './monitor.js';
import { nextTask } from './next-task.js';
import { addTo, meansOf, noSums, type MeansState } from './means.js';
import { createOptimizer, type Optimizer } from './optimizers/index.js';
import { lossAndGradients } from './step.js';
import {
  resolveOptions,
  settingsOf,
  type CheckpointOptions,
  type EpochReport,
  type NoteSubject,
  type ResolvedOptions,
  type TrainOptions,
} from './train-options.js';
import { WeightAverage } from './weight-average.js';

/** Position between two updates: with the tensors, everything that the remaining training depends on. */
interface Position {
  epoch: number;
  /** Updates of this epoch that are done. */
  update: number;
  /** Updates since the start. */
  step: number;
  /** Of the last update. */
  learningRate: number;
  sums: MeansState;
  plateau: PlateauState;
  monitor: MonitorState;
}

/** Images from which the exact statistics of batch normalization are computed, at most. */
const STATISTICS_IMAGES = 1024;

/** A training under way, which can be saved and restored between any two updates. */
export class Training {
  private readonly options: ResolvedOptions;
  private readonly variables: tf.Variable[];
  private readonly optimizer: Optimizer;
  private readonly schedule: LearningRateSchedule;
  private readonly plateau: Plateau;
  private readonly change: Augmentation | undefined;
  private readonly best: BestSoFar;
  private readonly average: WeightAverage | undefined;
  private readonly noted = new Set<string>();
  private at: Omit<Position, 'plateau' | 'monitor'> = {
    ...{ epoch: 0, update: 0, step: 0, learningRate: 0 },
    sums: noSums(),
  };

  constructor(given: TrainOptions) {
    const options = resolveOptions(given);
    const { model, optimizer, schedule, monitor, earlyStopping, augment, seed, ema } = options;
    const named = typeof schedule === 'function' ? undefined : schedule;
    this.options = options;
    this.schedule = typeof schedule === 'function' ? schedule : learningRateSchedule(schedule);
    this.plateau = new Plateau(named ?? { name: 'constant' }, monitor.mode);
    this.change = augmentationOf(augment, seed);
    watchBackend();
    this.variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    this.optimizer = createOptimizer(optimizer, this.variables);
    this.best = new BestSoFar(monitor.mode, earlyStopping?.minDelta);
    this.average = ema === undefined ? undefined : new WeightAverage(model, ema);
  }

  get finished(): boolean {
    const { epochs, earlyStopping } = this.options;
    const { stale } = this.best.state;
    return this.at.epoch >= epochs || (earlyStopping !== undefined && stale >= earlyStopping.patience);
  }

  /** Trains one epoch, or the rest of one; undefined where the signal ended it. */
  async epoch(): Promise<EpochReport | undefined> {
    const begin = performance.now();
    const { options, at, change } = this;
    const { model, loss, classes, background, batchSize, signal, checkpoint } = options;
    const updates = this.updatesOf(at.epoch);
    this.average?.show(false);
    this.noteBatchNorm(updates.length);
    const loading = loadGroups(
      updates.slice(at.update),
      change && ((sample) => change(sample, { epoch: at.epoch })),
    );
    let waiting = 0;
    for (;;) {
      if (signal?.aborted) return this.leave();
      const before = performance.now();
      const { done, value } = await this.orSave(loading.next());
      waiting += performance.now() - before;
      if (done) break;
      await this.update(value, updates.length);
      if (checkpoint?.everySteps !== undefined && at.step % checkpoint.everySteps === 0) await this.save();
      await nextTask();
    }
    this.average?.show(true);
    const { cases, ...val } = await this.orSave(
      (async () => {
        await this.recomputeStatistics();
        return evaluate({
          model,
          loss,
          samples: options.val,
          classes,
          background,
          batchSize,
          epoch: at.epoch,
        });
      })(),
    );
    if (signal?.aborted) return this.leave();
    return {
      epoch: at.epoch,
      seconds: (performance.now() - begin) / 1000,
      waitingSeconds: waiting / 1000,
      steps: updates.length,
      step: at.step,
      learningRate: at.learningRate,
      ...meansOf(at.sums),
      val,
      cases,
      best: await this.judge(val),
    };
  }

  /** Starts the next epoch; called when the report has been handled. */
  async finishEpoch(): Promise<void> {
    Object.assign(this.at, { epoch: this.at.epoch + 1, update: 0, sums: noSums() });
    await this.save();
  }

  /** Resumes from the newest checkpoint; starts where there is none. */
  async resume(): Promise<void> {
    const { checkpoint } = this.options;
    const restored = checkpoint !== undefined && (await this.restore(checkpoint));
    if (!restored) await this.prepare();
    if (checkpoint === undefined) return;
    const { epoch, step } = this.at;
    if (step > 0) checkpoint.say?.(`resumed at epoch ${epoch}, step ${step}`);
    checkpoint.onResume?.({ epoch, step });
  }

  /** Before the first update of a training. */
  private async prepare(): Promise<void> {
    const { model, train, classes, outputBias } = this.options;
    if (outputBias === 'prior') setOutputBias(model, await classPrior(train, classes.length));
    this.average?.restore(model.weights.map((weight) => weight.read()));
  }

  /** False where nothing was saved yet. */
  private async restore({ store, say = (text) => console.warn(text) }: CheckpointOptions): Promise<boolean> {
    const { model } = this.options;
    const file = await store.load(say);
    if (file === undefined) return false;
    const settings = JSON.parse(file.metadata['settings']!) as Record<string, unknown>;
    const wanted = asJson(settingsOf(this.options));
    const other = Object.keys(wanted).filter(
      (key) => JSON.stringify(settings[key]) !== JSON.stringify(wanted[key]),
    );
    if (other.length > 0) {
      throw new CheckpointError(
        `${store.name} holds a training with other settings (${other.join(', ')}); ` +
          'choose another folder, or remove this one to train anew',
      );
    }
    const { plateau, monitor, ...at } = JSON.parse(file.metadata['position']!) as Position;
    this.at = at;
    this.plateau.state = plateau;
    this.best.state = monitor;
    const tensors = new Map(
      Object.entries(file.tensors).map(([name, { shape, values }]) => [name, tensor(values, [...shape])]),
    );
    const saved = (kind: string) => model.weights.map((_, i) => tensors.get(`${kind}/${i}`)!);
    const weights = saved(this.average === undefined ? 'weights' : 'training');
    model.weights.forEach((weight, i) => weight.write(weights[i]!));
    this.average?.restore(saved('weights'));
    const slots = Object.keys(this.optimizer.slots());
    this.optimizer.restore(
      Object.fromEntries(slots.map((name) => [name, tensors.get(`optimizer/${name}`)!])),
      at.step,
    );
    dispose([...tensors.values()]);
    return true;
  }

  /** Leaves the model with the weights that are validated. */
  dispose(): void {
    this.average?.show(true);
    this.average?.dispose();
    this.optimizer.dispose();
  }

  /** Exact statistics of batch normalization, where they are requested. */
  private async recomputeStatistics(): Promise<void> {
    const { model, train, batchSize, seed, batchNormStatistics } = this.options;
    if (batchNormStatistics !== 'exact') return;
    const { epoch } = this.at;
    const change = this.change && ((sample: Sample) => this.change!(sample, { epoch }));
    // In an order of its own: neighbors in a data set are often alike, and each batch is normalized by itself.
    const items = shuffled(train, randomStream(seed).fork('batch-statistics')).slice(0, STATISTICS_IMAGES);
    const { shape } = model.inputs[0]!;
    async function* batches(): AsyncGenerator<Tensor> {
      for await (const samples of loadGroups(inGroups(items, batchSize), change)) {
        checkSamples('train', samples, shape);
        const { images, labels } = toBatch(samples);
        labels.dispose();
        yield images;
      }
    }
    await recomputeBatchNormalization(model, batches());
  }

  private noteBatchNorm(updates: number): void {
    const { model, batchNormStatistics } = this.options;
    const momentum = batchNormMomentum(model);
    if (momentum === undefined) {
      if (batchNormStatistics === 'exact') {
        this.note(
          'batchNormStatistics: exact changes nothing: the model has no batch normalization',
          'settings',
        );
      }
      return;
    }
    const memory = Math.round(1 / (1 - momentum));
    if (batchNormStatistics === 'running' && updates < memory) {
      this.note(
        `an epoch has ${updates} updates, but the running averages of batch normalization reach back about ${memory} ` +
          `(momentum ${momentum}): early validations use statistics of older weights; set batchNormStatistics: exact`,
        'settings',
      );
    }
  }

  /** Each sentence once. */
  private note(text: string, about: NoteSubject): void {
    if (this.noted.has(text)) return;
    this.noted.add(text);
    this.options.onNote(text, about);
  }

  /** The images of each update of an epoch, in their order. */
  private updatesOf(epoch: number): TrainingItem[][] {
    const { train, batchSize, gradient, seed } = this.options;
    return inGroups(
      shuffled(train, randomStream(seed).fork(`order-${epoch}`)),
      batchSize * gradient.accumulate,
    );
  }

  /** Forward, back, check, update. */
  private async update(samples: readonly Sample[], stepsPerEpoch: number): Promise<void> {
    const { at, options, variables } = this;
    const { model, loss, batchSize, gradient, epochs, onStep } = options;
    const { epoch, step } = at;
    setStep(model, step);
    const sum = new GradientSum();
    let total = 0;
    const terms: Record<string, number> = {};
    try {
      for (const batch of inGroups(samples, batchSize)) {
        checkSamples('train', batch, model.inputs[0]!.shape);
        const share = batch.length / samples.length;
        const outcome = await lossAndGradients(model, variables, loss, batch, epoch);
        sum.add(outcome.gradients, share);
        this.checkLoss(outcome, batch);
        total += share * outcome.loss;
        for (const [name, value] of Object.entries(outcome.terms))
          terms[name] = (terms[name] ?? 0) + share * value;
      }
      const gradients = sum.take();
      const gradientNorm = await globalNorm(gradients);
      await backendErrors();
      const clipped = clip(gradients, gradientNorm, gradient);
      dispose(gradients);
      const learningRate = this.learningRate({ step, epoch, stepsPerEpoch, epochs });
      if (Number.isFinite(gradientNorm)) {
        this.optimizer.apply(clipped, learningRate);
        this.average?.update(step);
      }
      dispose(clipped);
      if (!Number.isFinite(gradientNorm)) throw diverged(`the gradient of ${loss.spec}`, at, samples);
      const report = { epoch, step, learningRate, loss: total, terms, gradientNorm };
      addTo(at.sums, report, samples.length);
      Object.assign(at, { step: step + 1, update: at.update + 1, learningRate });
      onStep?.(report);
    } finally {
      sum.dispose();
    }
  }

  private checkLoss(
    { loss, terms }: { loss: number; terms: Record<string, number> },
    batch: readonly Sample[],
  ): void {
    const wrong = Object.keys(terms).find((name) => !Number.isFinite(terms[name]));
    if (wrong !== undefined) throw diverged(`the loss term ${wrong}`, this.at, batch);
    if (!Number.isFinite(loss)) throw diverged('the weighted loss', this.at, batch);
  }

  private learningRate(at: Parameters<LearningRateSchedule>[1]): number {
    const rate = this.plateau.rate(this.schedule(this.options.learningRate, at));
    if (!(rate >= 0 && Number.isFinite(rate))) {
      throw new RangeError(`train: wanted a learning rate not below 0 at step ${at.step}, got ${String(rate)}; check the schedule`); // prettier-ignore
    }
    return rate;
  }

  /** Whether the weights of the epoch are the best so far; they are kept then. */
  private async judge(val: Evaluation): Promise<boolean> {
    const { epoch } = this.at;
    const { monitor, background, checkpoint } = this.options;
    const { metric } = monitor;
    const value = monitoredValue(val, metric, background);
    this.plateau.observe(value);
    const best = this.best.observe(value);
    if (Number.isNaN(value)) this.noteUndefined(val, metric);
    if (best && checkpoint !== undefined) {
      const tensors = await stored(this.weights());
      await checkpoint.store.save('best', { tensors, metadata: { epoch: String(epoch), [metric]: String(value) } }); // prettier-ignore
    }
    return best;
  }

  private noteUndefined({ truth }: Evaluation, metric: string): void {
    const { background } = this.options;
    const without = !truth.some((share, k) => k !== background && share > 0);
    const everywhere = without && metric !== 'loss';
    this.note(
      everywhere
        ? `no validation image has a foreground pixel, so ${metric} is undefined: the checkpoint best holds the last weights, ` +
            'and neither early stopping nor a plateau schedule acts; monitor the loss instead'
        : `${metric} is undefined in epoch ${this.at.epoch} and counts neither as better nor as worse there; ` +
            'until it is defined, the checkpoint best holds the last weights',
      everywhere ? 'settings' : 'run',
    );
  }

  /** Saves before it rethrows what fails between two updates. */
  private async orSave<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await this.save();
      throw error;
    }
  }

  private async leave(): Promise<undefined> {
    await this.save();
    return undefined;
  }

  private async save(): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) return;
    const slots = Object.entries(this.optimizer.slots());
    const tensors = await stored({
      ...this.weights(),
      ...(this.average && named('training', this.average.weights)),
      ...Object.fromEntries(slots.map(([name, slot]) => [`optimizer/${name}`, slot])),
    });
    const position: Position = {
      ...this.at,
      plateau: this.plateau.state,
      monitor: this.best.state,
    };
    const metadata = {
      position: JSON.stringify(position),
      settings: JSON.stringify(settingsOf(this.options)),
    };
    await checkpoint.store.save('last', { tensors, metadata });
  }

  /** Those that are validated. */
  private weights(): Record<string, Tensor> {
    return named(
      'weights',
      this.average?.averages ?? this.options.model.weights.map((weight) => weight.read()),
    );
  }
}

function named(kind: string, tensors: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((one, i) => [`${kind}/${i}`, one]));
}

async function stored(tensors: Record<string, Tensor>): Promise<CheckpointContent['tensors']> {
  const result: Record<string, CheckpointTensor> = {};
  for (const [name, one] of Object.entries(tensors)) {
    result[name] = { shape: one.shape, values: (await one.data()) as Float32Array };
  }
  return result;
}

function diverged(
  what: string,
  { epoch, step }: { epoch: number; step: number },
  samples: readonly Sample[],
) {
  return new DivergedError(what, epoch, step, samples.map(({ id }) => id)); // prettier-ignore
}

function augmentationOf(augment: boolean | Augmentation, seed: number): Augmentation | undefined {
  if (typeof augment === 'function') return augment;
  return augment ? augmentation([randomFlip({ horizontal: 0.5, vertical: 0.5 })], { seed }) : undefined;
}

function asJson(value: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
