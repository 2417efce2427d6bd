// Kernels, a loss and a training step on one thread and on several (--threads, default 2), in turns in one process; the
// numbers of both must be the same.
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-layers'; // registers the gradients
import '@segloss/kernels/wasm';
import { setWasmThreads, wasmThreads } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { unet } from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { environment, median, positiveInteger } from './side-by-side.mjs';

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
    },
  });
  const rounds = positiveInteger('threads', 'rounds', values.rounds);
  const threads = positiveInteger('threads', 'threads', values.threads);
  if (threads === 1) throw new RangeError('perf threads: wanted --threads above 1, got 1');
  tf.env().set('PROD', true);
  setWasmThreads(threads);
  await tf.setBackend('wasm');
  const about = environment();
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; tfjs ${about.tfjs}; medians of ${rounds} rounds\n`,
  );
  console.log(
    `| work | 1 thread, ms | ${wasmThreads()} threads, ms | ratio | same bits |\n|---|---:|---:|---:|---|`,
  );
  for (const [name, make] of Object.entries(WORK)) {
    const work = { 1: make(), [threads]: make() };
    const times = { 1: [], [threads]: [] };
    const bits = { 1: [], [threads]: [] };
    for (let round = 0; round < rounds; round++) {
      for (const count of [1, threads]) {
        setWasmThreads(count);
        bits[count].push(Buffer.from(run(work[count]).buffer).toString('base64'));
        await new Promise((resolve) => setTimeout(resolve, 300)); // the first run has started the threads
        for (let i = 0; i < RUNS; i++) {
          const start = performance.now();
          const result = work[count]();
          times[count].push(performance.now() - start);
          result.dispose();
        }
      }
    }
    const [one, many] = [median(times[1]), median(times[threads])];
    const same = bits[1].every((value, i) => value === bits[threads][i]);
    console.log(
      `| ${name} | ${one.toFixed(2)} | ${many.toFixed(2)} | ${(one / many).toFixed(2)} | ${same} |`,
    );
  }
}

/** One after another, as the kernels of a step are. */
const RUNS = 8;

function run(work) {
  const result = work();
  const values = result.dataSync();
  result.dispose();
  return values;
}

const normal = (...shape) => tf.randomNormal(shape, 0, 1, 'float32', shape.length);
const LARGE = { inputShape: [128, 128, 3], outputs: 11, widths: [16, 32, 64, 128], norm: 'batch', seed: 1 };

const WORK = {
  'gradient of ReLU, 8x128x128x16': () => {
    const [dy, x] = [normal(8, 128, 128, 16), normal(8, 128, 128, 16)];
    return () => tf.engine().runKernel('SeglossReluGradient', { dy, x });
  },
  'gradient of max-pooling, 8x128x128x16': () => {
    const input = normal(8, 128, 128, 16);
    const dy = tf.maxPool(input, 2, 2, 'same');
    const attributes = { filterSize: 2, strides: 2, pad: 'same' };
    return () => tf.engine().runKernel('MaxPoolGrad', { dy, input, output: dy }, attributes);
  },
  'conv2d 3x3, 8x64x64x32 to 32': () => {
    const [x, filter] = [normal(8, 64, 64, 32), normal(3, 3, 32, 32)];
    return () => tf.conv2d(x, filter, 1, 'same');
  },
  'its gradient by the filter': () => {
    const [x, filter, dy] = [normal(8, 64, 64, 32), normal(3, 3, 32, 32), normal(8, 64, 64, 32)];
    const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: filter.shape };
    return () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attributes);
  },
  'ce + l1, value and gradient, 512x512, 19 classes': () => {
    const loss = parseLoss('ce + l1');
    const logits = normal(1, 512, 512, 19);
    const labels = tf.cast(tf.floor(tf.randomUniform([1, 512, 512], 0, 19, 'float32', 2)), 'int32');
    return () => tf.tidy(() => tf.grad((z) => loss(labels, z))(logits));
  },
  'step of the large U-Net': () => {
    const model = unet(LARGE);
    const optimizer = tf.train.adam(1e-3);
    const loss = parseLoss('ce');
    const images = tf.randomUniform([8, 128, 128, 3], 0, 1, 'float32', 1);
    const labels = tf.cast(tf.floor(tf.randomUniform([8, 128, 128], 0, 11, 'float32', 2)), 'int32');
    const variables = model.trainableWeights.map((weight) => weight.read());
    return () => {
      const f = () => loss(labels, model.apply(images, { training: true }));
      const { value, grads } = tf.variableGrads(f, variables);
      optimizer.applyGradients(grads);
      tf.dispose(grads);
      return value;
    };
  },
};
