import { exponential } from './exponential.js';
import { type Row } from './rows.js';

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
