// A long training takes no more memory than a short one.
import { describe, expect, it } from '@jest/globals';
import { adam } from '@segloss/kernels';
import '@segloss/kernels/wasm';
import { parseLoss } from '@segloss/losses';
import { backends } from '@segloss/testing';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

import { unet } from '../src/models/unet';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

suite('500 steps on wasm', () => {
  it('leave as many tensors, bytes and pages of memory as 20 steps', async () => {
    await wasm.use();
    const model = unet({ inputShape: [8, 8, 1], outputs: 3, widths: [8, 8], norm: 'batch' });
    const images = tf.randomUniform([2, 8, 8, 1], 0, 1, 'float32', 1);
    const labels = tf.cast(tf.randomUniform([2, 8, 8], 0, 3, 'float32', 2), 'int32');
    const [loss, optimizer] = [parseLoss('ce'), adam()];
    const { memory } = (tf.backend() as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } }).wasm
      .asm;
    const used = () => {
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      return { numTensors, numDataBuffers, numBytes, heap: memory.buffer.byteLength };
    };
    let early: ReturnType<typeof used> | undefined;
    for (let step = 1; step <= 500; step++) {
      const forward = () => loss(labels, model.apply(images, { training: true }) as tf.Tensor);
      optimizer.minimize(forward as () => tf.Scalar, true)!.dispose();
      if (step === 20) early = used();
    }
    expect(used()).toEqual(early);
    expect(early!.numTensors).toBeGreaterThan(0);
  }, 60_000);
});
