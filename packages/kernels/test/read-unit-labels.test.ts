import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { READ_UNIT_LABELS_KERNEL } from '@segloss/losses';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

suite('labels of sigmoid channels on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it.each(['float32', 'int32'] as const)('of %s are read as by a loop, of every length up to 40', (dtype) => {
    const whole = [0, 1, 255, -1, -7];
    const kinds = [[0], [0, 1], [1], [0, 255], whole, ...(dtype === 'int32' ? [[0, 2]] : [[0, 0.25], [0.5, NaN], [0, 1.5], [0, -0.5], [Infinity, 0], [-0, 0]])]; // prettier-ignore
    for (let length = 1; length <= 40; length++) {
      const { pick } = numbers(length);
      const labels = Array.from(
        { length },
        (
          (kind) => () =>
            pick(kind)
        )(pick(kinds)),
      );
      const ignoreIndex = pick([255, 0, 1]);
      const outputs = tf.engine().runKernel(READ_UNIT_LABELS_KERNEL, { labels: tf.tensor1d(labels, dtype) }, { ignoreIndex }) as unknown as tf.Tensor[]; // prettier-ignore
      const counts = labels.map((x) => x !== ignoreIndex && !(x < 0));
      const rest = labels.filter((x) => x !== ignoreIndex);
      const invalid = (x: number) => x > 1 || x !== Math.floor(x);
      expect(outputs.map((output) => Array.from(output.dataSync(), (x) => x + 0))).toEqual([
        labels.map((x, i) => (counts[i] ? x + 0 : 0)),
        counts.map(Number),
        [
          labels.includes(ignoreIndex),
          rest.includes(0),
          rest.some((x) => x > 0 && x <= 1),
          rest.some((x) => invalid(x) && !(x > 0 && x <= 1)),
        ].map(Number),
      ]);
    }
  });
});
