import { tensor, tidy, valueAndGrad, type Tensor } from '@tensorflow/tfjs-core';

import { type Loss, type LossCall, type Mode } from '../types.js';

/** Options of {@link checkLoss}; each default is what the loss declares in {@link defineLoss}. */
export interface CheckLossOptions {
  /** The modes to check. */
  modes?: readonly Mode[];
  /** The value depends on where pixels lie (boundaries, neighbors): skips the rules that move pixels. */
  spatial?: boolean;
  /** Some class is special, so that renaming classes may change the value. */
  classesDiffer?: boolean;
  /** Where the gradient is checked: at random logits, or where they are wrong `everywhere`, for losses of thick errors. */
  errors?: 'random' | 'everywhere';
  /** Largest error of a directional derivative, relative to the length of the gradient. */
  gradientTolerance?: number;
  /** The value jumps in places: the gradient has to agree with finite differences at one of four examples near each other. */
  jumps?: boolean;
  /** Seed of the random inputs. Default 1. */
  seed?: number;
}

const CHANNELS: Readonly<Record<Mode, number>> = { binary: 1, multiclass: 3, multilabel: 2 };

/** B images of N pixels; labels `[B, ...space]` (or with channels in multilabel mode). */
export interface Example {
  readonly images: number;
  readonly pixels: number;
  /** Sizes of the spatial axes. Default: one row, or a grid for losses that depend on where pixels lie. */
  readonly space?: readonly number[];
  readonly logits: readonly number[];
  readonly labels: readonly number[];
}

interface Outcome {
  readonly value: number;
  readonly gradient: readonly number[];
}

/** Examples for a loss in a mode, its value and gradient on them, and the list of what went wrong. */
export class Bench {
  readonly channels: number;
  /** Labels for each pixel. */
  readonly labelled: number;
  readonly random: () => number;

  constructor(
    readonly loss: Loss,
    readonly mode: Mode,
    readonly options: CheckLossOptions,
    private readonly failures: string[],
  ) {
    this.channels = CHANNELS[mode];
    this.labelled = mode === 'multilabel' ? this.channels : 1;
    this.random = randomNumbers(options.seed ?? 1);
  }

  example({
    images = 2,
    space,
    pixels = space?.reduce((a, b) => a * b) ?? 12,
    scale = 2,
    label,
  }: Partial<Example> & { scale?: number; label?: number } = {}): Example {
    const largest = this.mode === 'multiclass' ? this.channels : 2;
    return {
      images,
      pixels,
      ...(space && { space }),
      logits: this.numbers(images * pixels * this.channels, () =>
        Math.fround((this.random() * 2 - 1) * scale),
      ),
      labels: this.numbers(
        images * pixels * this.labelled,
        () => label ?? Math.floor(this.random() * largest),
      ),
    };
  }

  numbers(length: number, make: () => number): number[] {
    return Array.from({ length }, make);
  }

  run(example: Example, mask?: readonly number[]): Outcome {
    return tidy(() => {
      const { labels, call } = this.inputs(example, mask);
      const { value, grad } = valueAndGrad((z: Tensor) => this.loss(labels, z, call))(this.logits(example));
      return { value: value.dataSync()[0]!, gradient: Array.from(grad.dataSync()) };
    });
  }

  value(example: Example): number {
    return tidy(() => {
      const { labels, call } = this.inputs(example);
      return this.loss(labels, this.logits(example), call).dataSync()[0]!;
    });
  }

  logits({ logits, images, pixels, space = this.spaceOf(pixels) }: Example): Tensor {
    return tensor([...logits], [images, ...space, this.channels], 'float32');
  }

  inputs(
    { labels, images, pixels, space = this.spaceOf(pixels) }: Example,
    mask?: readonly number[],
  ): { labels: Tensor; call: LossCall } {
    const shape = [images, ...space, ...(this.mode === 'multilabel' ? [this.channels] : [])];
    return {
      labels: tensor([...labels], shape, 'int32'),
      call: { mode: this.mode, ...(mask && { mask: tensor([...mask], [images, ...space]) }) },
    };
  }

  private spaceOf(pixels: number): number[] {
    const rows = this.options.spatial && pixels % 3 === 0 ? 3 : 1;
    return [rows, pixels / rows];
  }

  /** Notes a failure unless the two agree to a relative error of 1e-4. */
  same(what: string, actual: Outcome, wanted: Outcome): void {
    this.near(`${what}: value`, actual.value, wanted.value, Math.max(1, Math.abs(wanted.value)));
    const largest = Math.max(1e-3, ...wanted.gradient.map(Math.abs));
    wanted.gradient.forEach((g, i) => this.near(`${what}: gradient ${i}`, actual.gradient[i]!, g, largest));
  }

  near(what: string, actual: number, wanted: number, scale: number): void {
    if (!(Math.abs(actual - wanted) <= 1e-4 * scale)) this.fail(`${what} is ${actual}, wanted ${wanted}`);
  }

  finite(what: string, { value, gradient }: Outcome): void {
    if (!Number.isFinite(value)) this.fail(`${what}: the value is ${value}`);
    const wrong = gradient.find((g) => !Number.isFinite(g));
    if (wrong !== undefined) this.fail(`${what}: the gradient has ${wrong}`);
  }

  fail(message: string): void {
    this.failures.push(message);
  }
}

/** Numbers from 0 to 1, the same for the same seed (Park and Miller's generator, CACM 1988). */
function randomNumbers(seed: number): () => number {
  let state = seed % 2147483647 || 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
