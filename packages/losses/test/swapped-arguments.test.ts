import { expect, it, jest } from '@jest/globals';
import { crossEntropyLoss, diceLoss } from '@segloss/losses';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

// A file of its own: only the first calls of a process are looked at.
it('warns once where masks come as logits and probabilities as labels, and not of soft labels or of masks alone', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const pixels = (...rows: [number, number][]) => tf.tensor3d([rows]);
  const masks = pixels([0, 1], [1, 0]);
  const probabilities = pixels([0.25, 0.75], [0.5, 0.5]);
  try {
    crossEntropyLoss(masks, masks);
    crossEntropyLoss(probabilities, pixels([0, 1], [1, 2]));
    crossEntropyLoss(probabilities, tf.zerosLike(masks));
    crossEntropyLoss(probabilities, tf.onesLike(masks));
    expect(warn).not.toHaveBeenCalled();
    crossEntropyLoss(probabilities, masks);
    // One channel: a mask and the output of a sigmoid.
    diceLoss(tf.tensor3d([[[0.25], [0.75]]]), tf.tensor3d([[[0], [1]]]));
    expect(warn.mock.calls).toEqual([
      [
        'ce: the logits of a batch are 0 and 1 only, and the labels are not. The order is (labels, logits): swap the arguments. This warning appears once.',
      ],
    ]);
  } finally {
    warn.mockRestore();
  }
});
