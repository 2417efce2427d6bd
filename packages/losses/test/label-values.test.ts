import { describe, expect, it, jest } from '@jest/globals';
import { crossEntropyLoss, diceLoss, regionStatistics } from '@segloss/losses';
import { describeEachBackend } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const loss = (labels: tf.Tensor, classes: number, options = {}) =>
  tf.tidy(() => diceLoss(labels, tf.zeros([1, 4, classes]), options).dataSync()[0]!);
const row = (values: readonly number[], type: 'float32' | 'int32' = 'float32') =>
  tf.tensor(values, [1, 4], type);
const soft = (...rows: readonly (readonly number[])[]) =>
  tf.tensor3d([rows.map((each) => [...each])] as number[][][]);
const certain = [1, 0] as const;

describeEachBackend('label values', () => {
  it.each([
    ['a fraction among class indices', () => loss(row([0, 0.5, 1, 2]), 3), 'whole class indices', 'got 0.5'],
    ['2.5 among class indices', () => loss(row([0, 2.5, 1, 2]), 3), 'whole class indices', 'got 2.5'],
    ['a negative fraction', () => loss(row([0, -0.5, 1, 2]), 3), 'whole class indices', 'got -0.5'],
    ['NaN among class indices', () => loss(row([0, NaN, 1, 2]), 3), 'whole class indices', 'got NaN'],
    ['an index too large', () => loss(row([0, 3, 1, 2]), 3), 'class indices from 0 to 2', 'got 3'],
    ['an int32 index too large', () => loss(row([0, 3, 1, 2], 'int32'), 3), 'from 0 to 2', 'got 3'],
    ['NaN in one channel', () => loss(row([0, NaN, 1, 0]), 1), 'labels from 0 to 1', 'got NaN'],
    ['1.5 in one channel', () => loss(row([0, 1.5, 1, 0]), 1), 'labels from 0 to 1', 'got 1.5'],
    ['a negative soft label', () => loss(row([0, -0.25, 1, 0]), 1), 'labels from 0 to 1', 'got -0.25'],
    [
      'a negative soft label of a channel',
      () => loss(soft([0, 1], [0, -0.5], certain, certain), 2, { mode: 'multilabel' }),
      'labels from 0 to 1',
      'got -0.5',
    ],
    [
      'a probability below 0',
      () => loss(soft(certain, [1.5, -0.5], certain, certain), 2),
      'of at least 0',
      'got -0.5',
    ],
    [
      'a sum below 1',
      () => loss(soft(certain, [0.5, 0.25], certain, certain), 2),
      'with the sum 1',
      'got [0.5, 0.25]',
    ],
    [
      'a sum above 1',
      () => loss(soft(certain, [1, 1], certain, certain), 2),
      'with the sum 1',
      'use mode multilabel',
    ],
    [
      'a probability NaN',
      () => loss(soft(certain, [NaN, 1], certain, certain), 2),
      'with the sum 1',
      'got [NaN, 1]',
    ],
    [
      '0/255 masks',
      () => loss(row([0, 255, 1, 0]), 1, { ignoreIndex: -1 }),
      'labels from 0 to 1',
      'divide 0/255 masks',
    ],
  ])('refuse %s', (_, call, wanted, got) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(wanted);
    expect(call).toThrow(got);
  });

  it.each([
    ['whole float32 indices', row([0, 1, 2, 255]), 3],
    ['negative indices', row([0, -1, 2, -7]), 3],
    ['soft labels of one channel', row([0, 0.25, 1, 0.5]), 1],
    ['negative and ignored labels of one channel', row([0, -1, 1, 255]), 1],
    ['rounded probabilities', soft(certain, [0.3333, 0.6666], certain, certain), 2],
    ['rows of zeros', soft(certain, [0, 0], certain, certain), 2],
  ])('accept %s', (_, labels, classes) => {
    expect(Number.isFinite(loss(labels, classes))).toBe(true);
  });

  it('are checked by regionStatistics too', () => {
    expect(() =>
      regionStatistics(row([0, 0.5, 1, 1]), tf.zeros([1, 4, 2]), { statistics: ['target'] }),
    ).toThrow('regionStatistics: wanted whole class indices');
  });
});

describe('a batch whose only labels are 0 and 255', () => {
  it('warns once, unless 255 was set to be ignored or there is foreground', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const white = row([0, 255, 255, 0], 'int32');
    try {
      crossEntropyLoss(white, tf.zeros([1, 4, 1]), { ignoreIndex: 255 });
      crossEntropyLoss(white, tf.zeros([1, 4, 2]), { ignoreIndex: 255 });
      crossEntropyLoss(white, tf.zeros([1, 4, 3])); // three classes: a border, more likely
      crossEntropyLoss(row([0, 255, 1, 0], 'int32'), tf.zeros([1, 4, 2]));
      crossEntropyLoss(row([0, 255, 0.5, 0]), tf.zeros([1, 4, 1]));
      crossEntropyLoss(row([0, 0, 0, 0], 'int32'), tf.zeros([1, 4, 2]));
      expect(warn).not.toHaveBeenCalled();
      crossEntropyLoss(white, tf.zeros([1, 4, 2]));
      crossEntropyLoss(white, tf.zeros([1, 4, 1]));
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]![0]).toContain('divide the masks by 255');
    } finally {
      warn.mockRestore();
    }
  });
});
