import { exponential, logOnePlus } from './exponential.js';
import { type Row } from './rows.js';

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
