// What the sums keep for their gradient on wasm: it changes no bit, and is used once.
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import {
  FOCAL_SUMS_GRADIENT_KERNEL,
  FOCAL_SUMS_KERNEL,
  LABEL_LIKELIHOOD_GRADIENT_KERNEL,
  LABEL_LIKELIHOOD_KERNEL,
  parseLoss,
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  regionStatistics,
  SOFTMAX_STATISTICS,
} from '@segloss/losses';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

/** Labels, of which some are ignored one by one and some blocks as a whole, and logits. */
function pixelsOf(seed: number) {
  const { next, pick } = numbers(seed);
  const [batch, pixels] = [pick([1, 2]), pick([1, 15, 16, 77, 4097])];
  const classes = pick([2, 3, 4, 5, 19, 33, 53]);
  const scale = pick([1, 40]);
  const labels = Int32Array.from({ length: batch * pixels }, (_, i) =>
    i % 7 === 3 || (i >> 4) % 5 === 2 ? -1 : Math.floor(next() * classes),
  );
  const logits = Float32Array.from({ length: labels.length * classes }, () => (2 * next() - 1) * scale);
  return { batch, pixels, classes, labels, logits, next, pick };
}

suite('what is kept for the gradient on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it('leave sums and gradient bit-identical, in 60 random cases', () => {
    const wrong: string[] = [];
    let reused = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { batch, pixels, classes, labels, logits, next, pick } = pixelsOf(seed);
      const statistics = SOFTMAX_STATISTICS.filter(() => next() < 0.5);
      if (statistics.length === 0) continue;
      const attributes = { statistics, activation: 'softmax', temperature: pick([1, 3, 10, 15, 16, 2.5, 0.5]) }; // prettier-ignore
      tf.tidy(() => {
        const inputs = {
          logits: tf.tensor3d(logits, [batch, pixels, classes]),
          indices: tf.tensor2d(labels, [batch, pixels], 'int32'),
        };
        const run = (name: string, more: object, keep: boolean) =>
          tf.engine().runKernel(name, { ...inputs, ...more }, { ...attributes, keep } as never);
        const dy = tf.randomUniform([statistics.length, batch, classes], -1, 1, 'float32', seed);
        const sums = run(REGION_STATISTICS_KERNEL, {}, false) as tf.Tensor;
        const wanted = (run(REGION_STATISTICS_GRADIENT_KERNEL, { dy }, false) as tf.Tensor).dataSync();
        const made = [run(REGION_STATISTICS_KERNEL, {}, true)].flat() as tf.Tensor[];
        const [, kept] = made;
        if (kept === undefined) {
          if ([1, 3, 10, 15].includes(attributes.temperature)) wrong.push(`${seed}: nothing kept`);
          return;
        }
        reused++;
        const gradient = run(REGION_STATISTICS_GRADIENT_KERNEL, { dy, kept }, false) as tf.Tensor;
        const bits = (values: ArrayLike<number>) => Array.from(values).join();
        if (bits(made[0]!.dataSync()) !== bits(sums.dataSync())) wrong.push(`${seed}: sums`);
        if (bits(gradient.dataSync()) !== bits(wanted)) wrong.push(`${seed}: gradient`);
        if (gradient.dataId !== kept.dataId) wrong.push(`${seed}: gradient in new memory`);
      });
    }
    expect(wrong).toEqual([]);
    expect(reused).toBeGreaterThan(20);
  });

  const others: [string, string, string, object, (size: number[]) => number[]][] = [
    ['label likelihood', LABEL_LIKELIHOOD_KERNEL, LABEL_LIKELIHOOD_GRADIENT_KERNEL, {}, ([b, n]) => [b!, n!]],
    ...[0, 0.5, 2, 3].flatMap((gamma) =>
      ['softmax', 'sigmoid'].map((activation): (typeof others)[number] => [
        `focal sums, γ = ${gamma}, ${activation}`,
        FOCAL_SUMS_KERNEL,
        FOCAL_SUMS_GRADIENT_KERNEL,
        { activation, gamma },
        ([b, , k]) => [2, b!, k!],
      ]),
    ),
  ];
  it.each(others)(
    '%s: value and gradient stay bit-identical',
    (_, kernel, gradientKernel, attributes, shapeOf) => {
      const bits = (x: unknown) => Array.from((x as tf.Tensor).dataSync()).join();
      const wrong: number[] = [];
      for (let seed = 1; seed <= 30; seed++) {
        const { batch, pixels, classes, labels, logits } = pixelsOf(seed);
        tf.tidy(() => {
          const inputs = {
            logits: tf.tensor3d(logits, [batch, pixels, classes]),
            indices: tf.tensor2d(labels, [batch, pixels], 'int32'),
          };
          const run = (name: string, more: object, keep: boolean) =>
            tf.engine().runKernel(name, { ...inputs, ...more }, { ...attributes, keep } as never);
          const dy = tf.randomUniform(shapeOf([batch, pixels, classes]), -1, 1, 'float32', seed);
          const [value, kept] = run(kernel, {}, true) as unknown as [tf.Tensor, tf.Tensor];
          const wanted = [run(kernel, {}, false), run(gradientKernel, { dy }, false)].map(bits);
          const gradient = run(gradientKernel, { dy, kept }, false) as tf.Tensor;
          if ([value, gradient].map(bits).join('|') !== wanted.join('|')) wrong.push(seed);
          if (gradient.dataId !== kept.dataId) wrong.push(seed);
        });
      }
      expect(wrong).toEqual([]);
    },
  );

  const { batch, pixels, classes, labels, logits } = pixelsOf(8);
  const inputs = () =>
    [
      tf.tensor2d(labels.map((label) => (label < 0 ? 255 : label)), [batch, pixels], 'int32'),
      tf.tensor3d(logits, [batch, pixels, classes]),
    ] as const; // prettier-ignore
  afterEach(() => tf.disposeVariables());

  it('are used once: a second gradient of the same operation equals the first', () => {
    const loss = parseLoss('ce + dice');
    tf.tidy(() => {
      const [target, z] = inputs();
      const alone = tf
        .grad((x: tf.Tensor) => loss(target, x))(z)
        .dataSync();
      let inner: ArrayLike<number> = [];
      const outer = tf.grad((x: tf.Tensor) => {
        const value = loss(target, x);
        inner = tf
          .grads(() => value)([x])[0]!
          .dataSync()
          .slice(); // goes through what the outer gradient recorded
        return value;
      })(z);
      expect(Array.from(inner)).toEqual(Array.from(alone));
      expect(Array.from(outer.dataSync())).toEqual(Array.from(alone));
    });
  });

  it('do not change the logits, and leave no tensors', () => {
    const loss = parseLoss('ce + l1(temperature=10)');
    const [target, z] = inputs();
    const before = tf.memory();
    tf.tidy(() => void tf.grad((x: tf.Tensor) => loss(target, x))(z));
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers, after.numBytes]).toEqual([
      before.numTensors,
      before.numDataBuffers,
      before.numBytes,
    ]);
    expect(z.dataSync()).toEqual(logits);
    tf.dispose([target, z]);
  });

  it('are not made where no gradient is recorded', async () => {
    const [target, z] = inputs();
    const sumsOf = (x: tf.Tensor) => regionStatistics(target, x, { statistics: ['predicted'] }).predicted;
    const outputs = async (f: () => tf.Tensor) => {
      const { kernels } = await tf.profile(f);
      return kernels.find(({ name }) => name === REGION_STATISTICS_KERNEL)?.outputShapes.length;
    };
    expect(await outputs(() => sumsOf(z))).toBe(1);
    expect(await outputs(() => tf.grad((x: tf.Tensor) => tf.sum(sumsOf(x)))(z))).toBe(2);
    tf.dispose([target, z]);
  });
});
