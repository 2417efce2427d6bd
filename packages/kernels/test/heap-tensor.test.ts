import { freemem } from 'node:os';
import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { parseLoss } from '@segloss/losses';
import { backends } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const GIB = 2 ** 30;
const wasm = backends.find(({ name }) => name === 'wasm')!;
const missing = wasm.missing ?? (freemem() < 7 * GIB ? 'less than 7 GiB of free memory' : undefined);
const suite = missing === undefined ? describe : describe.skip;

// In a file of its own: a wasm heap never shrinks, and this tensor needs half of it in one piece.
suite('a tensor of more than 2 GiB' + (missing ? ` (skipped: ${missing})` : ''), () => {
  beforeAll(async () => {
    await wasm.use();
  });

  /** A tensor of what lies in the heap, zeros where it is new: nothing is written, so that the machine need not have the memory. */
  const unwritten = (shape: number[], dtype: 'float32') => {
    const backend = tf.backend() as unknown as { makeOutput(shape: number[], dtype: string): tf.TensorInfo };
    return tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, dtype));
  };

  it('is summed over', () => {
    const [pixels, classes] = [70_000_000, 8];
    expect(pixels * classes * 4).toBeGreaterThan(2 * GIB);
    const value = tf.tidy(() => {
      const zeros = tf.zeros([1, pixels], 'int32'); // beyond them the heap is new
      return parseLoss('ce')(zeros, unwritten([1, pixels, classes], 'float32'));
    });
    expect(value.dataSync()[0]).toBeCloseTo(Math.log(classes), 5); // all logits are 0
    value.dispose();
  });
});
