// A long training takes no more memory than a short one.
import { describe, expect, it } from '@jest/globals';
import { adam } from '@segloss/kernels';
import '@segloss/kernels/wasm';
import { parseLoss } from '@segloss/losses';
import { backends, garbageCollector } from '@segloss/testing';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

import { loadAll, syntheticDataset } from '@segloss/data';
import { train, unet } from '@segloss/trainer';

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
  });
});

suite('train on wasm', () => {
  it('has as many tensors and as large a heap after 2000 updates as after 1000', async () => {
    await wasm.use();
    const collect = garbageCollector();
    const { train: images, val, classes } = syntheticDataset({ size: 8, train: 100, val: 1 });
    const seen: { tensors: number; heap: number }[] = [];
    const onStep = ({ step }: { step: number }) => {
      if (step !== 999 && step !== 1999) return;
      collect();
      seen.push({ tensors: tf.memory().numTensors, heap: process.memoryUsage().heapUsed });
    };
    const training = train({
      model: unet({ inputShape: [8, 8, 1], outputs: 1, widths: [2], norm: 'batch', seed: 1 }),
      loss: parseLoss('ce + l1'),
      ...{ train: await loadAll(images), val: await loadAll(val), classes, onStep },
      epochs: 20,
      batchSize: 1,
    });
    for await (const { step } of training) expect(step % 100).toBe(0);
    const [early, late] = seen as [(typeof seen)[0], (typeof seen)[0]];
    expect(late.tensors).toBe(early.tensors);
    expect(late.heap - early.heap).toBeLessThan(1e6);
  });
});
