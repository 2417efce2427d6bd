import { SigmoidRow, type PixelScores, type PixelValues, type Row } from './rows.js';

/** s = sigmoid(z), c = 1 - s and their logarithms, and both at the temperature, of one pixel after another. */
export function sigmoidPixels({ z, classes, temperature, needs }: PixelScores): PixelValues {
  const sigmoid = new SigmoidRow(z, classes, 1, needs('logS', 'logC'));
  const sharp = new SigmoidRow(z, classes, temperature, false);
  const [plain, tempered] = [needs('s', 'c', 'logS', 'logC'), needs('t', 'tc')];
  const { s, c, logS, logC } = sigmoid;
  const { s: t, c: tc } = sharp;
  const none: Row = new Float64Array(classes);
  return {
    variables: { s, c, logS, logC, t, tc },
    read(at) {
      if (plain) sigmoid.read(at);
      if (tempered) sharp.read(at);
    },
    /** ∂s = s c, ∂c = -s c, ∂log s = c, ∂log c = -s, each with the derivative by it; T t tc at the temperature. */
    addGradient(by, out, at) {
      if (plain) {
        const [onS = none, onC = none, onLogS = none, onLogC = none] = [by.s, by.c, by.logS, by.logC];
        for (let k = 0; k < classes; k++) {
          const slope = s[k]! * c[k]! * (onS[k]! - onC[k]!);
          out[at + k]! += slope + c[k]! * onLogS[k]! - s[k]! * onLogC[k]!;
        }
      }
      if (tempered) {
        const [onT = none, onTc = none] = [by.t, by.tc];
        for (let k = 0; k < classes; k++) {
          out[at + k]! += temperature * t[k]! * tc[k]! * (onT[k]! - onTc[k]!);
        }
      }
    },
  };
}
