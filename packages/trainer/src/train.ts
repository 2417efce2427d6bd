import {
  augmentation,
  randomFlip,
  randomStream,
  shuffled,
  type Augmentation,
  type Sample,
} from '@segloss/data';
import { adam } from '@segloss/kernels';
import { type Loss, type Schedule } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { checkSamples, inGroups, toBatch } from './batches.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { setStep } from './models/dropout.js';

/** One update of the weights. */
export interface StepReport {
  readonly epoch: number;
  /** 0-based, counted from the start of the training. */
  readonly step: number;
  readonly loss: number;
  readonly terms: Record<string, number>;
  /** Length of the whole gradient. */
  readonly gradientNorm: number;
}

/** One pass over the training images, and what the model reaches after it. */
export interface EpochReport {
  /** 0-based. */
  readonly epoch: number;
  readonly seconds: number;
  readonly steps: number;
  /** Means over the training images of the epoch. */
  readonly loss: number;
  readonly terms: Record<string, number>;
  readonly val: Evaluation;
}

/** Options of {@link train}. */
export interface TrainOptions {
  /** Returns logits; one channel for binary data. */
  model: LayersModel;
  loss: Loss;
  /** Samples that have, or that `augment` gives, the size that the model takes. */
  train: readonly Sample[];
  /** Samples of the size that the model takes. */
  val: readonly Sample[];
  /** Names of the classes; two are binary. */
  classes: readonly string[];
  epochs: number;
  /** Default 8. */
  batchSize?: number;
  /** Of Adam: a number, or a function of the epoch (0-based). Default 1e-3. */
  learningRate?: number | Schedule;
  /** Owns the order of the images and the flips. Default 0. */
  seed?: number;
  /**
   * Changes image and mask of the training samples together: what `augmentation` of `@segloss/data` makes, which may also bring
   * samples of other sizes to that of the model; `true` (default) for random flips along both axes, `false` for nothing.
   */
  augment?: boolean | Augmentation;
  /** Ends the training between two steps; the epoch that was under way gives no report. */
  signal?: AbortSignal;
  /** Called after every step. */
  onStep?: (step: StepReport) => void;
}

/** The loss or its gradient is no longer a number; names the term, the place and the images. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  /**
   * @example
   * ```ts
   * new DivergedError('ce', 2, 17, ['a', 'b']).message; // → "training diverged: ce is not finite at epoch 2, step 17, images a, b; try a smaller learning rate"
   * ```
   */
  constructor(
    readonly term: string,
    readonly epoch: number,
    readonly step: number,
    readonly ids: readonly string[],
  ) {
    super(
      `training diverged: ${term} is not finite at epoch ${epoch}, step ${step}, images ${ids.join(', ')}; ` +
        'try a smaller learning rate',
    );
  }
}

/**
 * Trains a model with Adam, one report for each epoch. The seed fixes the order of the images and the flips, so on the wasm
 * and cpu backends the same options give the same weights, bit by bit.
 *
 * @param options See {@link TrainOptions}.
 * @throws {DivergedError} Before an update that would carry NaN or infinity into the weights.
 * @throws {RangeError} If a sample does not fit the model or an option is out of range.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { parseLoss } = await import('@segloss/losses');
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16).fill(1), mask: new Uint8Array(16).fill(1) };
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const losses = [];
 * const options = { model, loss: parseLoss('ce'), train: [sample], val: [sample], classes: ['no', 'yes'], epochs: 3, learningRate: 0.1 };
 * for await (const { loss } of train(options)) losses.push(loss);
 * losses[2] < losses[0]; // → true
 * ```
 */
export async function* train(options: TrainOptions): AsyncGenerator<EpochReport, void, undefined> {
  const {
    model,
    loss,
    classes,
    epochs,
    batchSize = 8,
    learningRate = 1e-3,
    seed = 0,
    augment = true,
    signal,
    onStep,
  } = options;
  check(options, batchSize);
  const optimizer = adam();
  const random = randomStream(seed);
  const change = augmentationOf(augment, seed);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  let step = 0;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const begin = performance.now();
      setLearningRate(optimizer, typeof learningRate === 'function' ? learningRate(epoch) : learningRate);
      const order = shuffled(options.train, random.fork(`order-${epoch}`));
      const means = new Means();
      const groups = inGroups(order, batchSize);
      for (const group of groups) {
        if (signal?.aborted) return;
        const samples = change ? group.map((sample) => change(sample, { epoch })) : group;
        checkSamples('train', samples, model.inputs[0]!.shape);
        setStep(model, step);
        const report = update(model, variables, optimizer, loss, samples, epoch, step++);
        means.add(report, group.length);
        onStep?.(report);
        await new Promise((resolve) => setImmediate(resolve)); // lets signals and messages in
      }
      if (signal?.aborted) return;
      const val = await evaluate({ model, loss, samples: options.val, classes, batchSize, epoch });
      yield {
        epoch,
        seconds: (performance.now() - begin) / 1000,
        steps: groups.length,
        ...means.values(),
        val,
      };
    }
  } finally {
    optimizer.dispose();
  }
}

function augmentationOf(augment: boolean | Augmentation, seed: number): Augmentation | undefined {
  if (typeof augment === 'function') return augment;
  return augment ? augmentation([randomFlip({ horizontal: 0.5, vertical: 0.5 })], { seed }) : undefined;
}

/** One step: forward, back, check, update. A single read of the device tells loss, terms and gradient norm. */
function update(
  model: LayersModel,
  variables: tf.Variable[],
  optimizer: tf.Optimizer,
  loss: Loss,
  samples: readonly Sample[],
  epoch: number,
  step: number,
): StepReport {
  return tf.tidy(() => {
    const { images, labels } = toBatch(samples);
    let parts: Record<string, tf.Scalar> = {};
    const { value, grads } = tf.variableGrads(() => {
      const logits = model.apply(images, { training: true }) as tf.Tensor;
      const { total, terms } = loss.evaluate(labels, logits, { epoch });
      for (const term of Object.values(terms)) tf.keep(term);
      parts = terms;
      return total;
    }, variables);
    const squares = tf.addN(Object.values(grads).map((grad) => tf.sum(tf.square(grad))));
    const [total, square, ...values] = tf.stack([value, squares, ...Object.values(parts)]).dataSync();
    tf.dispose(parts);
    const terms = Object.fromEntries(Object.keys(parts).map((name, i) => [name, values[i]!]));
    const ids = samples.map(({ id }) => id);
    const wrong = Object.keys(terms).find((name) => !Number.isFinite(terms[name]));
    if (wrong !== undefined) throw new DivergedError(`the loss term ${wrong}`, epoch, step, ids);
    if (!Number.isFinite(total)) throw new DivergedError('the weighted loss', epoch, step, ids);
    if (!Number.isFinite(square)) throw new DivergedError(`the gradient of ${loss.spec}`, epoch, step, ids);
    optimizer.applyGradients(grads);
    return { epoch, step, loss: total!, terms, gradientNorm: Math.sqrt(square!) };
  });
}

/** Means over images of what the steps report. */
class Means {
  private count = 0;
  private loss = 0;
  private readonly terms: Record<string, number> = {};

  add({ loss, terms }: StepReport, images: number): void {
    this.count += images;
    this.loss += loss * images;
    for (const [name, value] of Object.entries(terms))
      this.terms[name] = (this.terms[name] ?? 0) + value * images;
  }

  values(): { loss: number; terms: Record<string, number> } {
    const mean = Object.entries(this.terms).map(([name, sum]) => [name, sum / this.count] as const);
    return { loss: this.loss / this.count, terms: Object.fromEntries(mean) };
  }
}

/** tfjs's Adam has no setter for it. */
function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw new RangeError(`train: wanted a positive learning rate, got ${String(rate)}`);
  }
  (optimizer as unknown as { learningRate: number }).learningRate = rate;
}

function check(
  { model, train: samples, val, classes, epochs, augment }: TrainOptions,
  batchSize: number,
): void {
  for (const [name, value] of Object.entries({ epochs, batchSize })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`train: wanted ${name} to be a positive integer, got ${String(value)}`);
    }
  }
  if (samples.length === 0 || val.length === 0) {
    throw new RangeError(
      `train: wanted images to train and validate, got ${samples.length} and ${val.length}`,
    );
  }
  // What an augmentation gives is checked when it has given it.
  const final = typeof augment === 'function' ? val : [...samples, ...val];
  checkSamples('train', final, model.inputs[0]!.shape);
  const outputs = model.outputs[0]!.shape.at(-1);
  const wanted = classes.length === 2 ? 1 : classes.length;
  if (outputs !== wanted) {
    throw new RangeError(
      `train: wanted a model with ${wanted} output channels for ${classes.length} classes, got ${String(outputs)}`,
    );
  }
}
