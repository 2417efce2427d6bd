import { augmentation, randomFlip, type Augmentation, type Sample } from '@segloss/data/samples';
import { mixOutputSigns, setOutputBias, setStep, supervisedModel } from '@segloss/models';
import type * as tf from '@tensorflow/tfjs-core';
import { dispose } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { batchNormNote, recomputeStatistics } from './batch-statistics.js';
import { checkSamples, inGroups, loadGroups } from './batches.js';
import { classPrior } from './class-prior.js';
import { backendErrors, watchBackend } from './device.js';
import { DivergedError } from './diverged.js';
import { updatesOf } from './epoch-order.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { clip, globalNorm, GradientSum } from './gradients.js';
import { Judge } from './judge.js';
import { learningRateSchedule, type LearningRateSchedule } from './learning-rate.js';
import { addTo, meansOf, noSums } from './means.js';
import { nextTask } from './next-task.js';
import { createOptimizer } from './optimizers/index.js';
import {
  restoreTraining,
  saveBest,
  saveTraining,
  type Place,
  type TrainingTensors,
} from './saved-training.js';
import { lossAndGradients } from './step.js';
import {
  resolveOptions,
  type EpochReport,
  type NoteSubject,
  type ResolvedOptions,
  type TrainOptions,
} from './train-options.js';
import { WeightAverage } from './weight-average.js';

/** A training under way, which can be saved and restored between any two updates. */
export class Training {
  private readonly options: ResolvedOptions;
  /** The model, with its auxiliary outputs if it has any. */
  private readonly trained: LayersModel;
  private readonly variables: tf.Variable[];
  private readonly tensors: TrainingTensors;
  private readonly schedule: LearningRateSchedule;
  private readonly judge: Judge;
  private readonly change: Augmentation | undefined;
  private readonly noted = new Set<string>();
  private at: Place = { epoch: 0, update: 0, step: 0, learningRate: 0, sums: noSums() };

  constructor(given: TrainOptions) {
    const options = resolveOptions(given);
    const { model, optimizer, schedule, augment, seed, ema } = options;
    this.options = options;
    this.schedule = typeof schedule === 'function' ? schedule : learningRateSchedule(schedule);
    this.judge = new Judge(options, (text, about) => this.note(text, about));
    this.change = augmentationOf(augment, seed);
    watchBackend();
    this.trained = supervisedModel(model) ?? model;
    this.variables = this.trained.trainableWeights.map((weight) => weight.read() as tf.Variable);
    this.tensors = {
      model,
      auxiliary: this.trained.weights.filter((weight) => !model.weights.includes(weight)),
      optimizer: createOptimizer(optimizer, this.variables),
      average: ema === undefined ? undefined : new WeightAverage(model, ema),
    };
  }

  get finished(): boolean {
    return this.at.epoch >= this.options.epochs || this.judge.outOfPatience;
  }

  /** Trains one epoch, or the rest of one; undefined where the signal ended it. */
  async epoch(): Promise<EpochReport | undefined> {
    const begin = performance.now();
    const { options, at } = this;
    const { signal, checkpoint } = options;
    const { average } = this.tensors;
    const updates = updatesOf(options.train, at.epoch, options);
    average?.show(false);
    const noteworthy = batchNormNote(options, updates.length);
    if (noteworthy !== undefined) this.note(...noteworthy);
    const loading = loadGroups(updates.slice(at.update), this.changeOfEpoch());
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
    average?.show(true);
    const { cases, ...val } = await this.orSave(this.validate());
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
      best: await this.keepIfBest(val),
    };
  }

  private async validate(): ReturnType<typeof evaluate> {
    await recomputeStatistics(this.options, this.changeOfEpoch());
    const { model, loss, val, valWindow, valTta, classes, background, batchSize } = this.options;
    return evaluate({
      ...{ model, loss, samples: val, classes, background, batchSize, epoch: this.at.epoch },
      ...(valWindow && { window: valWindow }),
      tta: valTta,
    });
  }

  /** Starts the next epoch; called when the report has been handled. */
  async finishEpoch(): Promise<void> {
    Object.assign(this.at, { epoch: this.at.epoch + 1, update: 0, sums: noSums() });
    await this.save();
  }

  /** Resumes from the newest checkpoint; starts where there is none. */
  async resume(): Promise<void> {
    const { checkpoint } = this.options;
    const saved = checkpoint && (await restoreTraining(checkpoint, this.tensors, this.options));
    if (saved === undefined) await this.prepare();
    else {
      const { plateau, monitor, ...at } = saved;
      this.at = at;
      this.judge.state = { plateau, monitor };
    }
    if (checkpoint === undefined) return;
    const { epoch, step } = this.at;
    if (step > 0) checkpoint.say?.(`resumed at epoch ${epoch}, step ${step}`);
    checkpoint.onResume?.({ epoch, step });
  }

  /** Before the first update of a training. */
  private async prepare(): Promise<void> {
    const { model, train, classes, outputBias } = this.options;
    if (outputBias === 'prior') {
      setOutputBias(model, await classPrior(train, classes.length));
      mixOutputSigns(model);
    }
    this.tensors.average?.restore(model.weights.map((weight) => weight.read()));
  }

  /** Leaves the model with the weights that are validated. */
  dispose(): void {
    const { optimizer, average } = this.tensors;
    average?.show(true);
    average?.dispose();
    optimizer.dispose();
  }

  /** Each sentence once. */
  private note(text: string, about: NoteSubject): void {
    if (this.noted.has(text)) return;
    this.noted.add(text);
    this.options.onNote(text, about);
  }

  /** The augmentation as it is in this epoch. */
  private changeOfEpoch(): ((sample: Sample) => Sample) | undefined {
    const { change } = this;
    const { epoch } = this.at;
    return change && ((sample) => change(sample, { epoch }));
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
        const outcome = await lossAndGradients(this.trained, variables, loss, batch, epoch);
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
        this.tensors.optimizer.apply(clipped, learningRate);
        this.tensors.average?.update(step);
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
    const rate = this.judge.rate(this.schedule(this.options.learningRate, at));
    if (!(rate >= 0 && Number.isFinite(rate))) {
      throw new RangeError(`train: wanted a learning rate not below 0 at step ${at.step}, got ${String(rate)}; check the schedule`); // prettier-ignore
    }
    return rate;
  }

  /** Whether the weights of the epoch are the best so far; they are kept then. */
  private async keepIfBest(val: Evaluation): Promise<boolean> {
    const { epoch } = this.at;
    const { monitor, checkpoint } = this.options;
    const { value, best } = this.judge.observe(val, epoch);
    if (best && checkpoint !== undefined) {
      await saveBest(checkpoint, this.tensors, { epoch: String(epoch), [monitor.metric]: String(value) });
    }
    return best;
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
    await saveTraining(checkpoint, this.tensors, { ...this.at, ...this.judge.state }, this.options);
  }
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
