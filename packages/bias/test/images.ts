import { numbers } from '@segloss/testing';
import fc from 'fast-check';

/** One image in which every class is there, its logits float32. */
export interface Image {
  readonly labels: readonly number[];
  readonly logits: readonly (readonly number[])[];
  /** softmax of the logits, in float64. */
  readonly probabilities: readonly number[][];
}

const images = (ignored: number) =>
  fc
    .record({
      extra: fc.integer({ min: 0, max: 20 }),
      classes: fc.integer({ min: 2, max: 5 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    })
    .map(({ extra, classes, seed }): Image => {
      const { next } = numbers(seed);
      const label = (i: number) => (i < classes ? i : next() < ignored ? 255 : Math.floor(next() * classes));
      const labels = Array.from({ length: classes + extra }, (_, i) => label(i));
      const logits = labels.map(() => Array.from({ length: classes }, () => Math.fround(6 * next() - 3)));
      return { labels, logits, probabilities: logits.map(softmax) };
    });

export const image: fc.Arbitrary<Image> = images(0);
/** A fifth of the pixels carry the label 255, beside those that show each class. */
export const imageWithIgnored: fc.Arbitrary<Image> = images(0.2);

function softmax(z: readonly number[]): number[] {
  const e = z.map(Math.exp);
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((each) => each / sum);
}
