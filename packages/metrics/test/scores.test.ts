import { describe, expect, it } from '@jest/globals';
import {
  ConfusionMatrix,
  fBetaScores,
  labelMarginals,
  matthewsCorrelations,
  precisionScores,
  recallScores,
  regionSizeBins,
  softMarginals,
  summarizeScores,
  volumeSimilarities,
} from '@segloss/metrics';
import { numbers } from '@segloss/testing';

describe('scores of counts', () => {
  const { next } = numbers(3);
  const labels = () => Array.from({ length: 200 }, () => Math.floor(next() * 3));
  const [truth, predicted] = [labels(), labels()];
  const confusion = new ConfusionMatrix(3).add(truth, predicted);

  it('F_β is between precision and recall, and F_1 is their harmonic mean', () => {
    const [precision, recall] = [precisionScores(confusion), recallScores(confusion)];
    fBetaScores(confusion, 1).forEach((score, k) =>
      expect(score).toBeCloseTo((2 * precision[k]! * recall[k]!) / (precision[k]! + recall[k]!), 12),
    );
    fBetaScores(confusion, 100).forEach((score, k) => expect(score).toBeCloseTo(recall[k]!, 3));
    expect(() => fBetaScores(confusion, 0)).toThrow('wanted a positive beta');
  });

  it('the Matthews correlation is the correlation of the indicators', () => {
    const correlation = (k: number) => {
      const [a, b] = [truth, predicted].map((all) => all.map((label) => (label === k ? 1 : 0))) as [
        number[],
        number[],
      ];
      const mean = (x: number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
      const [ma, mb] = [mean(a), mean(b)];
      const of = (x: number[], mx: number, y: number[], my: number) =>
        mean(x.map((value, i) => (value - mx) * (y[i]! - my)));
      return of(a, ma, b, mb) / Math.sqrt(of(a, ma, a, ma) * of(b, mb, b, mb));
    };
    matthewsCorrelations(confusion).forEach((score, k) => expect(score).toBeCloseTo(correlation(k), 12));
  });

  it('the volume similarity is 1 for the same size and 1/3 for half against one', () => {
    expect(volumeSimilarities(new ConfusionMatrix(2).add([1, 1, 0, 0], [1, 0, 0, 0]))[1]).toBeCloseTo(
      2 / 3,
      12,
    );
    expect(volumeSimilarities(new ConfusionMatrix(3).add([0], [0]))).toEqual([1, NaN, NaN]);
  });
});

describe('label marginals', () => {
  it('of probabilities that are certain are those of the labels', () => {
    const labels = [0, 2, 1, 1, 255];
    const oneHot = labels.flatMap((label) => [0, 1, 2].map((k) => (label === k ? 1 : 0)));
    const options = { numClasses: 3, where: labels };
    expect(softMarginals(oneHot, options)).toEqual(labelMarginals(labels, { numClasses: 3 }));
  });

  it('of a foreground have its complement first', () => {
    expect(softMarginals([0.25, 0.75, 1], { numClasses: 1, where: [0, 1, 255] })).toEqual([0.5, 0.5]);
  });

  it('refuse sizes that do not fit', () => {
    expect(() => softMarginals([1, 2, 3], { numClasses: 2 })).toThrow(
      'wanted a multiple of 2 probabilities, got 3',
    );
    expect(() => labelMarginals([3], { numClasses: 2 })).toThrow(
      'wanted whole labels from 0 to 1, got the label 3 at 0',
    );
    expect(() => labelMarginals([1], { numClasses: 2, where: [] })).toThrow(
      'wanted 1 labels as where, got 0',
    );
  });
});

describe('regionSizeBins', () => {
  it('shows an error that grows as regions shrink', () => {
    const sizes = [0.0005, 0.005, 0.05, 0.5].map((truth) => ({
      truth,
      predicted: Math.min(1, truth + 0.001),
    }));
    const bins = regionSizeBins(sizes);
    expect(bins.map(({ cases }) => cases)).toEqual([1, 1, 1, 1]);
    expect(bins.map(({ ratio }) => Number(ratio.toFixed(3)))).toEqual([3, 1.2, 1.02, 1.002]);
    expect(bins.map(({ over }) => over)).toEqual([1, 1, 1, 1]);
  });

  it('counts every image once, full ones and those without the class', () => {
    const sizes = [0, 0.1, 1].map((truth) => ({ truth, predicted: 0 }));
    expect(regionSizeBins(sizes, [0.1]).map(({ cases }) => cases)).toEqual([1, 2]);
    expect(() => regionSizeBins(sizes, [0.1, 0.1])).toThrow('wanted rising proportions');
  });
});

describe('summarizeScores', () => {
  it('counts what has a score', () => {
    expect(summarizeScores([3, NaN, 1, 2])).toEqual({
      mean: 2,
      standardDeviation: 1,
      median: 2,
      cases: 3,
      total: 4,
    });
    expect(summarizeScores([NaN])).toMatchObject({ mean: NaN, median: NaN, cases: 0, total: 1 });
    expect(summarizeScores([1, Infinity]).mean).toBe(Infinity);
  });
});
