import { describe, expect, it } from '@jest/globals';
import { stillImproving, type MetricsLine } from '@segloss/trainer';

const lines = (values: readonly number[], truth = [0.9, 0.1]) =>
  values.map((value, epoch) => ({ epoch, val: { foregroundDice: value, loss: value, truth } })) as unknown as MetricsLine[]; // prettier-ignore
const dice = { metric: 'foregroundDice', mode: 'max' } as const;
const rising = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.71, 0.705];

describe('stillImproving', () => {
  it('compares the best of the last fifth with the best before', () => {
    const found = { metric: 'foregroundDice', epochs: 2 };
    expect(stillImproving(lines(rising), dice, 0)).toEqual({ ...found, from: 0.7, to: 0.71 });
    expect(stillImproving(lines([...rising.slice(0, 8), 0.7099, 0.7]), dice, 0)).toBeUndefined();
    // A peak in the middle counts, however low its neighbors are.
    expect(stillImproving(lines([0, 0.9, 0, 0, 0, 0, 0, 0.1, 0.3, 0.5]), dice, 0)).toBeUndefined();
  });

  it('takes the share of a loss, which falls', () => {
    const loss = { metric: 'loss', mode: 'min' } as const;
    expect(stillImproving(lines([9, 8, 7, 6, 5.9]), loss, 0)).toEqual({ metric: 'loss', from: 6, to: 5.9, epochs: 1 }); // prettier-ignore
    expect(stillImproving(lines([9, 8, 7, 6, 5.95]), loss, 0)).toBeUndefined();
  });

  it('says nothing of few epochs, or of a metric that is undefined', () => {
    expect(stillImproving(lines([0, 0.2, 0.4, 0.6]), dice, 0)).toBeUndefined();
    expect(stillImproving(lines(rising, [1, 0]), dice, 0)).toBeUndefined();
    expect(stillImproving(lines([NaN, NaN, NaN, NaN, 0.5]), dice, 0)).toBeUndefined();
  });
});
