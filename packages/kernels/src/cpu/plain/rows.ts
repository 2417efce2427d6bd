// The activations of one pixel after another, one number for each class.
import { type StatisticVariable } from '@segloss/losses';

import { exponential, logOnePlus } from './exponential.js';

/** One number for each class. */
export type Row = Float64Array;

/** An activation of one pixel after another. */
export interface PixelValues {
  /** The variables of the current pixel, as far as they are needed. */
  readonly variables: Readonly<Partial<Record<StatisticVariable, Row>>>;
  /** Reads the pixel whose logits begin at `at`. */
  read(at: number): void;
  /** Adds to `out` from `at` on the gradient of the logits, given the derivatives by the variables. */
  addGradient(by: Readonly<Partial<Record<StatisticVariable, Row>>>, out: Float32Array, at: number): void;
}

/** What an activation reads: logits that hide what is ignored. */
export interface PixelScores {
  readonly z: Float32Array;
  readonly classes: number;
  readonly temperature: number;
  needs(...variables: StatisticVariable[]): boolean;
}

/** softmax(T z) of one pixel after another: s_k = e_k · inverse. */
export class SoftmaxRow {
  readonly e: Row;
  inverse = 0;
  /** What the logits were lowered by, and the sum of their exponentials. */
  private top = 0;
  private total = 0;

  constructor(
    readonly z: Float32Array,
    classes: number,
    private readonly temperature: number,
  ) {
    this.e = new Float64Array(classes);
  }

  /** Reads the pixel whose logits begin at `at`. */
  read(at: number): void {
    this.top = 0; // few logits are too large for an exponential in float64
    this.total = exponentials(this.z, at, 0, this.temperature, this.e);
    if (!(this.total > 1e-250 && this.total < 1e250)) this.readLarge(at);
    this.inverse = 1 / this.total;
  }

  /** log s_k = T z_k - log Σ e^(T z); finite where s is too small. */
  logTotal(): number {
    return this.temperature * this.top + Math.log(this.total);
  }

  private readLarge(at: number): void {
    let top = -Infinity;
    for (let k = 0; k < this.e.length; k++) if (this.z[at + k]! > top) top = this.z[at + k]!;
    this.top = top;
    this.total = exponentials(this.z, at, top, this.temperature, this.e);
  }
}

/** e_k = e^(T (z_k - top)), and their sum. */
function exponentials(z: Float32Array, at: number, top: number, temperature: number, e: Row): number {
  let total = 0;
  for (let k = 0; k < e.length; k++) {
    const value = exponential(temperature * (z[at + k]! - top));
    e[k] = value;
    total += value;
  }
  return total;
}

/** sigmoid(T z) of one pixel after another. */
export class SigmoidRow {
  readonly s: Row;
  /** 1 - s without the cancellation of a difference. */
  readonly c: Row;
  /** Only where `logarithms` are wanted. */
  readonly logS: Row;
  readonly logC: Row;

  constructor(
    private readonly z: Float32Array,
    classes: number,
    private readonly temperature: number,
    private readonly logarithms: boolean,
  ) {
    this.s = new Float64Array(classes);
    this.c = new Float64Array(classes);
    this.logS = new Float64Array(classes);
    this.logC = new Float64Array(classes);
  }

  /** Reads the pixel whose logits begin at `at`. */
  read(at: number): void {
    const { z, temperature, s, c, logS, logC, logarithms } = this;
    for (let k = 0; k < s.length; k++) {
      const x = temperature * z[at + k]!;
      const e = exponential(-Math.abs(x));
      const large = 1 / (1 + e);
      s[k] = x < 0 ? e * large : large;
      c[k] = x < 0 ? large : e * large;
      if (!logarithms) continue;
      const tail = logOnePlus(e); // log σ(x) = min(x, 0) - log(1 + e^-|x|)
      logS[k] = Math.min(x, 0) - tail;
      logC[k] = Math.min(-x, 0) - tail;
    }
  }
}
