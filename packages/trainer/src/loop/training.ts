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

import { checkSamples, inGroups, loadGroups, type TrainingItem } from './batches.js';
import { CheckpointError, type CheckpointContent, type CheckpointTensor } from './checkpoint.js';
import { backendErrors, watchBackend } from './device.js';
import { DivergedError } from './diverged.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { clip, globalNorm, GradientSum } from './gradients.js';
import {
  isBetter,
  learningRateSchedule,
  Plateau,
  type LearningRateSchedule,
  type PlateauState,
} from './learning-rate.js';
import { setStep } from '@segloss/models';
import { nextTask } from './next-task.js';
import { addTo, meansOf, noSums, type MeansState } from './means.js';
import { createOptimizer, type Optimizer } from './optimizers/index.js';
import { lossAndGradients } from './step.js';
import {
  resolveOptions,
  settingsOf,
  type CheckpointOptions,
  type EpochReport,
  type ResolvedOptions,
  type TrainOptions,
} from './train-options.js';

/** Where a training stands between two updates; with the tensors, all that the rest of it depends on. */
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
  /** Best value of the monitored metric. */
  best: number | null;
  /** Epochs since the best. */
  stale: number;
}

/** A training under way, which can be saved and restored between any two updates. */
export class Training {
  private readonly options: ResolvedOptions;
  private readonly variables: tf.Variable[];
  private readonly optimizer: Optimizer;
  private readonly schedule: LearningRateSchedule;
  private readonly plateau: Plateau;
  private readonly change: Augmentation | undefined;
  private at: Omit<Position, 'plateau'> = {
    ...{ epoch: 0, update: 0, step: 0, learningRate: 0, best: null, stale: 0 },
    sums: noSums(),
  };

  constructor(given: TrainOptions) {
    const options = resolveOptions(given);
    const { model, optimizer, schedule, monitor, augment, seed } = options;
    const named = typeof schedule === 'function' ? undefined : schedule;
    this.options = options;
    this.schedule = typeof schedule === 'function' ? schedule : learningRateSchedule(schedule);
    this.plateau = new Plateau(named ?? { name: 'constant' }, monitor.mode);
    this.change = augmentationOf(augment, seed);
    watchBackend();
    this.variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    this.optimizer = createOptimizer(optimizer, this.variables);
  }

  get finished(): boolean {
    const { epochs, earlyStopping } = this.options;
    return (
      this.at.epoch >= epochs || (earlyStopping !== undefined && this.at.stale >= earlyStopping.patience)
    );
  }

  /** One epoch, or the rest of one; undefined where the signal ended it. */
  async epoch(): Promise<EpochReport | undefined> {
    const begin = performance.now();
    const { options, at, change } = this;
    const { model, loss, classes, batchSize, signal, checkpoint } = options;
    const updates = this.updatesOf(at.epoch);
    const loading = loadGroups(
      updates.slice(at.update),
      change && ((sample) => change(sample, { epoch: at.epoch })),
    );
    let waiting = 0;
    for (;;) {
      if (signal?.aborted) return this.leave();
      const asked = performance.now();
      const { done, value } = await this.orSave(loading.next());
      waiting += performance.now() - asked;
      if (done) break;
      await this.update(value, updates.length);
      if (checkpoint?.everySteps !== undefined && at.step % checkpoint.everySteps === 0) await this.save();
      await nextTask();
    }
    const val = await this.orSave(
      evaluate({ model, loss, samples: options.val, classes, batchSize, epoch: at.epoch }),
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
      best: await this.judge(val),
    };
  }

  /** After an epoch's report has been dealt with: the next epoch begins. */
  async finishEpoch(): Promise<void> {
    Object.assign(this.at, { epoch: this.at.epoch + 1, update: 0, sums: noSums() });
    await this.save();
  }

  /** Goes on from the newest checkpoint, if there is one. */
  async resume(): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) return;
    await this.restore(checkpoint);
    const { epoch, step } = this.at;
    if (step > 0) checkpoint.say?.(`resumed at epoch ${epoch}, step ${step}`);
    checkpoint.onResume?.({ epoch, step });
  }

  private async restore({ store, say = (text) => console.warn(text) }: CheckpointOptions): Promise<void> {
    const { model } = this.options;
    const file = await store.load(say);
    if (file === undefined) return;
    const saved = JSON.parse(file.metadata['settings']!) as Record<string, unknown>;
    const wanted = asJson(settingsOf(this.options));
    const other = Object.keys(wanted).filter(
      (key) => JSON.stringify(saved[key]) !== JSON.stringify(wanted[key]),
    );
    if (other.length > 0) {
      throw new CheckpointError(
        `${store.name} holds a training with other settings (${other.join(', ')}); ` +
          'choose another folder, or remove this one to train anew',
      );
    }
    const { plateau, ...at } = JSON.parse(file.metadata['position']!) as Position;
    this.at = at;
    this.plateau.state = plateau;
    const tensors = new Map(
      Object.entries(file.tensors).map(([name, { shape, values }]) => [name, tensor(values, [...shape])]),
    );
    model.weights.forEach((weight, i) => weight.write(tensors.get(`weights/${i}`)!));
    const slots = Object.keys(this.optimizer.slots());
    this.optimizer.restore(
      Object.fromEntries(slots.map((name) => [name, tensors.get(`optimizer/${name}`)!])),
      at.step,
    );
    dispose([...tensors.values()]);
  }

  dispose(): void {
    this.optimizer.dispose();
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
      if (Number.isFinite(gradientNorm)) this.optimizer.apply(clipped, learningRate);
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

  /** Whether the epoch is the best so far; such a model is kept. */
  private async judge(val: Evaluation): Promise<boolean> {
    const { at } = this;
    const { monitor, earlyStopping, checkpoint } = this.options;
    const value = val[monitor.metric];
    this.plateau.observe(value);
    const delta = (earlyStopping?.minDelta ?? 0) * (monitor.mode === 'max' ? 1 : -1);
    const best = at.best === null ? !Number.isNaN(value) : isBetter(value, at.best + delta, monitor.mode);
    Object.assign(at, best ? { best: value, stale: 0 } : { stale: at.stale + 1 });
    if (best && checkpoint !== undefined) {
      const tensors = await stored(this.weights());
      await checkpoint.store.save('best', { tensors, metadata: { epoch: String(at.epoch), [monitor.metric]: String(value) } }); // prettier-ignore
    }
    return best;
  }

  /** What was done so far is kept, if anything between two updates fails. */
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
      ...Object.fromEntries(slots.map(([name, slot]) => [`optimizer/${name}`, slot])),
    });
    const position: Position = { ...this.at, plateau: this.plateau.state };
    const metadata = {
      position: JSON.stringify(position),
      settings: JSON.stringify(settingsOf(this.options)),
    };
    await checkpoint.store.save('last', { tensors, metadata });
  }

  private weights(): Record<string, Tensor> {
    return Object.fromEntries(this.options.model.weights.map((weight, i) => [`weights/${i}`, weight.read()]));
  }
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
