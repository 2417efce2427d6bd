import { describe, expect, it } from '@jest/globals';
import { brierScore, calibrationError, negativeLogLikelihood, reliabilityDiagram } from '@segloss/metrics';
import { goldenFile, numbers } from '@segloss/testing';

/** The fixture of the golden file: ((7j + k) mod 11 - 5)/2, channels first. */
const g = (length: number, k: number) => Array.from({ length }, (_, j) => (((7 * j + k) % 11) - 5) / 2);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

const binary = {
  labels: [1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
  probabilities: g(12, 5).map(sigmoid),
};
const multiclass = {
  labels: [0, 0, 1, 2, 1, 0, 0, 0, 0, 1, 1, 0],
  probabilities: (() => {
    const logits = g(36, 3);
    return Array.from({ length: 12 }, (_, pixel) => {
      const [image, at] = [Math.floor(pixel / 6), pixel % 6];
      const exps = [0, 1, 2].map((k) => Math.exp(logits[(image * 3 + k) * 6 + at]!));
      return exps.map((e) => e / exps.reduce((a, b) => a + b));
    }).flat();
  })(),
};
const PRINTED = {
  'calib.binary': { ECE15: 0.4878997, MCE15: 0.9024695, RMSCE15: 0.57998, ECE10: 0.5077669, brier: 0.423457 },
  'calib.multiclass': { ECE15: 0.2440078, MCE15: 0.7251692, RMSCE15: 0.3783966, classwiseECE15: 0.2175063, brier: 0.7761779 },
} as Record<string, Record<string, number>>; // prettier-ignore
const wanted = (goldenFile('metrics') as unknown as typeof PRINTED | undefined) ?? PRINTED;

describe('calibration has the values of torchmetrics', () => {
  const off = (name: string, key: string) => wanted[name]![key]!;
  const digits = 4;

  it('for one channel', () => {
    const { labels, probabilities } = binary;
    const error = (options: object) => calibrationError(labels, probabilities, options);
    expect(error({})).toBeCloseTo(off('calib.binary', 'ECE15'), digits);
    expect(error({ norm: 'max' })).toBeCloseTo(off('calib.binary', 'MCE15'), digits);
    expect(error({ norm: 'l2' })).toBeCloseTo(off('calib.binary', 'RMSCE15'), digits);
    expect(error({ bins: 10 })).toBeCloseTo(off('calib.binary', 'ECE10'), digits);
    expect(brierScore(labels, probabilities)).toBeCloseTo(off('calib.binary', 'brier'), 6);
  });

  it('for classes', () => {
    const { labels, probabilities } = multiclass;
    const error = (options: object) => calibrationError(labels, probabilities, { numClasses: 3, ...options });
    expect(error({})).toBeCloseTo(off('calib.multiclass', 'ECE15'), digits);
    expect(error({ norm: 'max' })).toBeCloseTo(off('calib.multiclass', 'MCE15'), digits);
    expect(error({ norm: 'l2' })).toBeCloseTo(off('calib.multiclass', 'RMSCE15'), digits);
    expect(error({ classwise: true })).toBeCloseTo(off('calib.multiclass', 'classwiseECE15'), digits);
    expect(brierScore(labels, probabilities, { numClasses: 3 })).toBeCloseTo(
      off('calib.multiclass', 'brier'),
      6,
    );
  });
});

describe('calibration', () => {
  it('has the same Brier score and likelihood for a foreground as for its two classes, up to the factor', () => {
    const { labels, probabilities } = binary;
    const both = probabilities.flatMap((p) => [1 - p, p]);
    expect(brierScore(labels, both, { numClasses: 2 })).toBeCloseTo(
      2 * brierScore(labels, probabilities),
      12,
    );
    expect(negativeLogLikelihood(labels, both, { numClasses: 2 })).toBeCloseTo(
      negativeLogLikelihood(labels, probabilities),
      12,
    );
  });

  it('puts as many pixels into every bin of the scheme mass', () => {
    const { next } = numbers(9);
    const probabilities = Array.from({ length: 100 }, () => next() ** 4);
    const labels = probabilities.map((p) => (next() < p ? 1 : 0));
    const counts = (scheme: 'width' | 'mass') =>
      reliabilityDiagram(labels, probabilities, { bins: 5, scheme }).map(({ count }) => count);
    expect(counts('mass')).toEqual([20, 20, 20, 20, 20]);
    expect(counts('width')[0]).toBeGreaterThan(50);
  });

  it('leaves ignored pixels out', () => {
    expect(brierScore([1, 255], [0.5, 7])).toBe(0.25);
    expect(calibrationError([255], [0.5])).toBeNaN();
  });

  it('refuses what is no probability, and labels beyond the classes', () => {
    expect(() => brierScore([1], [1.5])).toThrow(
      'brierScore: wanted probabilities from 0 to 1, got 1.5 at pixel 0; apply softmax or sigmoid to logits first',
    );
    expect(() => negativeLogLikelihood([3], [0.2, 0.3, 0.5], { numClasses: 3 })).toThrow(
      'wanted whole labels from 0 to 2',
    );
    expect(() => calibrationError([0, 1], [0.5])).toThrow(
      'wanted 2 probabilities for 2 labels and 1 channel, got 1',
    );
    expect(() => calibrationError([0], [0.5], { classwise: true })).toThrow('wanted numClasses of 2 or more');
    expect(() => reliabilityDiagram([0], [0.5], { bins: 0 })).toThrow('wanted a positive number of bins');
  });
});
