import {
  concat,
  mul,
  neg,
  reshape,
  tensor,
  tidy,
  tile,
  valueAndGrad,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { type LossLike } from '../marginal-force.js';
import { type Findings } from './findings.js';

/** A loss and its gradient at one place; no gradient where tfjs has none. */
export interface Reading {
  readonly value: number;
  readonly gradient: Float32Array | undefined;
}

/** Reads a loss of one channel of foreground logits, or of two that mean the same. */
export class Meter {
  /** Parts in which the loss has run, and those in which it has no gradient. */
  private readonly runs = new Set<string>();
  private readonly flat = new Set<string>();

  constructor(
    readonly loss: LossLike,
    readonly mode: 'binary' | 'multiclass',
    readonly epoch: number,
    readonly findings: Findings,
  ) {}

  /** The loss of foreground logits `[side · side]` against every image of `labels` `[B, side, side, 1]`, and its gradient. */
  read(where: string, labels: Tensor, logits: Float32Array): Promise<Reading> {
    const [batch, height, width] = labels.shape as [number, number, number, 1];
    const images = (z: Tensor) => {
      const one = reshape(z, [1, height, width, 1]);
      const all = batch === 1 ? one : tile(one, [batch, 1, 1, 1]);
      if (this.mode === 'binary') return all;
      const half = mul(0.5, all);
      return concat([neg(half), half], 3); // softmax of (-z/2, z/2) is sigmoid(z)
    };
    return this.readAt(where, labels, logits, images);
  }

  /** The loss at parameters, from which `toLogits` makes the logits. */
  async readAt(
    where: string,
    labels: Tensor,
    parameters: Float32Array,
    toLogits: (x: Tensor) => Tensor,
  ): Promise<Reading> {
    const f = (x: Tensor) => this.loss(labels, toLogits(x), { epoch: this.epoch });
    const [value, gradient] = tidy(() => {
      const x = tensor(parameters);
      // A loss that throws does so here: within a gradient, tfjs would leave behind what it had saved.
      if (!this.runs.has(where)) f(x);
      this.runs.add(where);
      if (this.flat.has(where)) return [f(x)];
      try {
        const { value, grad } = valueAndGrad(f)(x);
        return [value, grad];
      } catch (error) {
        if (!/cannot compute gradient/i.test((error as Error).message)) throw error;
        this.findings.add('no-gradient', where, `tfjs says: ${firstLine(error)}`);
        this.flat.add(where);
        return [f(x)];
      }
    }) as [Scalar, Tensor?];
    try {
      const numbers = (await value.data())[0]!;
      const slopes = (await gradient?.data()) as Float32Array | undefined;
      this.findings.check(where, 'the value', [numbers]);
      if (slopes) this.findings.check(where, 'the gradient', slopes);
      return { value: numbers, gradient: slopes };
    } finally {
      value.dispose();
      gradient?.dispose();
    }
  }
}

/** What an error says, without its details. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

/** A number for JSON: null where it is not finite. */
export function measured(x: number | undefined): number | null {
  return x !== undefined && Number.isFinite(x) ? x : null;
}
