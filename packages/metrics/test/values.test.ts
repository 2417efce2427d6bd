import { describe, expect, it } from '@jest/globals';
import {
  averageSurfaceDistance,
  boundaryIou,
  brierScore,
  calibrationError,
  ConfusionMatrix,
  hausdorffDistance,
  hd95,
  labelMarginals,
  negativeLogLikelihood,
  reliabilityDiagram,
  softMarginals,
  surfaceDice,
} from '@segloss/metrics';

type OfLabels = (truth: number[], predicted: number[]) => unknown;
type OfProbabilities = (labels: number[], probabilities: number[]) => unknown;

const shape = [1, 3];
const OF_LABELS: Record<string, OfLabels> = {
  ConfusionMatrix: (truth, predicted) => new ConfusionMatrix(3).add(truth, predicted),
  hausdorffDistance: (truth, predicted) => hausdorffDistance(truth, predicted, { shape }),
  hd95: (truth, predicted) => hd95(truth, predicted, { shape }),
  averageSurfaceDistance: (truth, predicted) => averageSurfaceDistance(truth, predicted, { shape }),
  surfaceDice: (truth, predicted) => surfaceDice(truth, predicted, { shape, tolerance: 1 }),
  boundaryIou: (truth, predicted) => boundaryIou(truth, predicted, { shape }),
};
const numClasses = 2;
const OF_PROBABILITIES: Record<string, OfProbabilities> = {
  reliabilityDiagram: (labels, p) => reliabilityDiagram(labels, p, { numClasses }),
  calibrationError: (labels, p) => calibrationError(labels, p, { numClasses }),
  'calibrationError, classwise': (labels, p) => calibrationError(labels, p, { numClasses, classwise: true }),
  brierScore: (labels, p) => brierScore(labels, p, { numClasses }),
  negativeLogLikelihood: (labels, p) => negativeLogLikelihood(labels, p, { numClasses }),
};

describe.each(Object.entries(OF_LABELS))('%s', (_, metric) => {
  it.each([
    ['true labels between whole numbers', [0, 1, 0.5], [0, 1, 1], /got the true label 0.5 at 2/],
    ['NaN as a true label', [0, NaN, 1], [0, 1, 1], /got the true label NaN at 1/],
    [
      'probabilities for labels',
      [0, 1, 1],
      [0.1, 0.9, 1],
      /got the predicted label 0.1 at 0; pass class indices/,
    ],
  ])('refuses %s', (_title, truth, predicted, message) => {
    expect(() => metric(truth, predicted)).toThrow(RangeError);
    expect(() => metric(truth, predicted)).toThrow(message);
  });

  it('does not look at predictions where the truth is ignored', () => {
    expect(() => metric([255, 1, 1], [0.5, 1, 1])).not.toThrow();
  });
});

describe.each(Object.entries(OF_PROBABILITIES))('%s', (_, metric) => {
  it.each([
    ['logits', [1, 0], [-2, 3, 0.5, 0.5], /wanted probabilities from 0 to 1, got -2 at pixel 0/],
    ['NaN', [1, 0], [0.5, 0.5, NaN, 0.5], /got NaN at pixel 1/],
    // The sum over both pixels is right.
    [
      'sums that are 1 only on average',
      [1, 0],
      [0.5, 0.25, 0.75, 0.5],
      /sum to 1 in every pixel, got 0.75 at pixel 0/,
    ],
    ['fractional labels', [0.5, 0], [0.5, 0.5, 0.5, 0.5], /got the true label 0.5 at 0/],
  ])('refuses %s', (_title, labels, probabilities, message) => {
    expect(() => metric(labels, probabilities)).toThrow(message);
  });
});

describe('marginals', () => {
  it('refuse fractional labels and what is no probability', () => {
    expect(() => labelMarginals([0, 1.5], { numClasses: 3 })).toThrow(
      'got the label 1.5 at 1; read the mask without',
    );
    expect(() => softMarginals([0.5, 0.25, 0.75, 0.5], { numClasses: 2 })).toThrow('got 0.75 at pixel 0');
    expect(() => softMarginals([2], { numClasses: 1 })).toThrow('got 2 at pixel 0');
  });
});
