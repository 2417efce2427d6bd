import { expect, it, jest } from '@jest/globals';
import { crossEntropyLoss } from '@segloss/losses';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

// A file of its own: only the first calls of a process are looked at.
it('warns once of logits that are probabilities, and not of a batch in which one pixel is none', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
  const pixels = (...rows: [number, number][]) => tf.tensor3d([rows]);
  try {
    crossEntropyLoss(labels, pixels([3, -2], [0, 1]));
    crossEntropyLoss(labels, pixels([0.25, 0.75], [0.5, 0.6]));
    crossEntropyLoss(labels, pixels([0.25, 0.75], [1.5, -0.5]));
    crossEntropyLoss(labels, pixels([0, 1], [1, 0]));
    expect(warn).not.toHaveBeenCalled();
    const probabilities = pixels([0.25, 0.75], [0.5, 0.5]);
    tf.grad((z) => crossEntropyLoss(labels, z))(probabilities);
    crossEntropyLoss(labels, probabilities);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toContain('remove the softmax activation');
  } finally {
    warn.mockRestore();
  }
});
