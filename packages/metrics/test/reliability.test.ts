import { describe, expect, it } from '@jest/globals';
import {
  calibrationError,
  fitTemperature,
  negativeLogLikelihood,
  Reliability,
  scaleTemperature,
} from '@segloss/metrics';

// Values of numpy and of scipy.optimize.minimize_scalar on the same pixels.
const CLASSES = 3;
const logits = Array.from({ length: 60 }, (_, i) =>
  Array.from({ length: CLASSES }, (__, k) => 2.5 * Math.sin(1.3 * i + 2 * k) + 0.4 * k),
);
const labels = logits.map((z, i) => {
  const noisy = z.map((x, k) => x + 2.5 * Math.cos(5 * i + 3 * k));
  return noisy.indexOf(Math.max(...noisy));
});
const softmax = (z: readonly number[], temperature = 1) => {
  const weights = z.map((x) => Math.exp(x / temperature));
  return weights.map((w) => w / weights.reduce((a, b) => a + b));
};
const probabilities = logits.flatMap((z) => softmax(z));

describe('Reliability', () => {
  const errors = [
    [0.15201395, 0.29203428, 0.86748367],
    [0.35227338, 0.32329543, 0.60223777],
    [0.2584109, 0.3207875, 0.62408723],
  ];

  it('has the ECE, ACE and MCE of numpy for each class, whatever the images are', () => {
    const whole = new Reliability({ numClasses: CLASSES, bins: 10 });
    whole.add(labels, probabilities);
    const parts = new Reliability({ numClasses: CLASSES, bins: 10 });
    for (const [from, to] of [
      [0, 7],
      [7, 60],
    ] as const)
      // prettier-ignore
      parts.add([...labels.slice(from, to), 255], [...probabilities.slice(3 * from, 3 * to), 0.1, 0.2, 0.7]);
    for (const counted of [whole, parts]) {
      counted.classes().forEach(({ ece, ace, mce }, k) => {
        [ece, ace, mce].forEach((error, j) => expect(error).toBeCloseTo(errors[k]![j]!, 7));
      });
    }
    const classwise = calibrationError(labels, probabilities, {
      numClasses: CLASSES,
      bins: 10,
      classwise: true,
    });
    expect(classwise).toBeCloseTo(errors.reduce((sum, [ece]) => sum + ece! / 3, 0), 7); // prettier-ignore
  });

  it('is NaN without pixels, and refuses what does not fit', () => {
    const empty = new Reliability({ numClasses: 2 });
    empty.add([255], [0.5, 0.5]);
    expect(empty.classes().map(({ ece }) => ece)).toEqual([NaN, NaN]);
    expect(() => empty.add([0], [1])).toThrow(
      'Reliability: wanted 2 probabilities for 1 labels and 2 classes, got 1',
    );
    expect(() => empty.add([2], [0, 1])).toThrow(
      'wanted whole labels from 0 to 1, got the true label 2 at 0',
    );
    expect(() => empty.add([0], [2, -1])).toThrow('wanted probabilities from 0 to 1, got 2');
    expect(() => new Reliability({ numClasses: 1 })).toThrow('wanted numClasses of 2 or more, got 1');
    expect(() => new Reliability({ numClasses: 2, bins: 0 })).toThrow(
      'wanted a positive number of bins, got 0',
    );
  });
});

describe('fitTemperature', () => {
  it('finds the minimum that scipy finds', () => {
    const { temperature, nll, pixels } = fitTemperature([...labels, 255], [...probabilities, 1, 0, 0], { numClasses: CLASSES }); // prettier-ignore
    expect(temperature).toBeCloseTo(3.44205135, 6);
    expect(nll.before).toBeCloseTo(1.412765458779944, 9);
    expect(nll.after).toBeCloseTo(0.9768815111888094, 9);
    expect(pixels).toBe(60);
  });

  it('undoes a scaling of the logits', () => {
    const sharp = logits.flatMap((z) => softmax(z, 0.25));
    const soft = logits.flatMap((z) => softmax(z, 2.5));
    const fit = (p: readonly number[]) => fitTemperature(labels, p, { numClasses: CLASSES }).temperature;
    expect(fit(sharp) * 0.25).toBeCloseTo(3.44205135, 5);
    expect(fit(soft) * 2.5).toBeCloseTo(3.44205135, 5);
  });

  it('ends at a limit where no temperature is best', () => {
    const fit = (truth: readonly number[]) =>
      fitTemperature(truth, [0.6, 0.4, 0.3, 0.7], { numClasses: 2 }).temperature;
    expect(fit([0, 1])).toBeCloseTo(0.05, 9); // all right: the surer the better
    expect(fit([1, 0])).toBeCloseTo(20, 6); // all wrong
    expect(fitTemperature([1], [1, 0], { numClasses: 2 }).nll.before).toBeGreaterThan(60);
  });

  it('refuses no pixels and wrong sizes', () => {
    expect(() => fitTemperature([255], [0.5, 0.5], { numClasses: 2 })).toThrow(
      'wanted labeled pixels, got none',
    );
    expect(() => fitTemperature([0, 1], [0.5, 0.5], { numClasses: 2 })).toThrow('wanted 4 probabilities for 2 classes, got 2'); // prettier-ignore
  });
});

describe('scaleTemperature', () => {
  it('divides the logits', () => {
    const scaled = scaleTemperature(probabilities, { temperature: 3, numClasses: CLASSES });
    const wanted = logits.flatMap((z) => softmax(z, 3));
    wanted.forEach((p, i) => expect(scaled[i]).toBeCloseTo(p, 6));
    const best = scaleTemperature(probabilities, { temperature: 3.44205135, numClasses: CLASSES });
    expect(negativeLogLikelihood(labels, best, { numClasses: CLASSES })).toBeCloseTo(0.97688151, 6);
  });

  it.each([0, -1, NaN, Infinity])('refuses the temperature %p', (temperature) => {
    expect(() => scaleTemperature([1, 0], { temperature, numClasses: 2 })).toThrow(
      'wanted a positive temperature',
    );
  });
});
