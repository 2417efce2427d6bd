// One contender of run.mjs: value and gradient of a loss, or a training step, on WebGPU in Node. A message with a number of steps
// is answered with the mean time of one: they are queued, and the last value is waited for.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { parseLoss } from '@segloss/losses';

const { contender, dawn, loss: spec = 'ce', size, classes, options, batch } = JSON.parse(process.argv[2]);
const { create, globals } = await import(pathToFileURL(dawn).href);
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-layers'); // registers the gradients

tf.env().set('PROD', true);
// tfjs looks for navigator.gpu when it is imported.
await import(contender === 'kernels' ? '@segloss/kernels/webgpu' : '@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');
tf.backend().device.addEventListener('uncapturederror', ({ error }) => {
  console.error(error.message);
  process.exit(1); // tfjs would continue with garbage
});

const step = options === undefined ? await lossStep() : await trainingStep();

async function lossStep() {
  const loss = parseLoss(spec);
  const index = (i) => Math.floor(i / 32);
  const labels = tf.tensor(
    Int32Array.from({ length: size * size }, (_, i) => (7 * index(i / size) + 3 * index(i % size)) % classes),
    [1, size, size],
    'int32',
  );
  const logits = tf.randomNormal([1, size, size, classes], 0, 2, 'float32', 1);
  const both = tf.valueAndGrad((z) => loss(labels, z));
  return () => {
    const { value, grad } = both(logits);
    grad.dispose();
    return value;
  };
}

async function trainingStep() {
  const { unet } = await import('@segloss/trainer');
  const model = unet(options);
  const [height, width, channels] = options.inputShape;
  const images = tf.randomUniform([batch, height, width, channels], 0, 1, 'float32', 1);
  const labels = tf.tidy(() =>
    tf.cast(tf.randomUniform([batch, height, width], 0, options.outputs, 'int32', 2), 'int32'),
  );
  const loss = parseLoss(spec);
  const optimizer = tf.train.adam(1e-3);
  return () =>
    tf.tidy(() => optimizer.minimize(() => loss(labels, model.apply(images, { training: true })), true));
}

let warm = false;
process.on('message', async ({ steps }) => {
  if (!warm) {
    for (let i = 0; i < 2; i++) await run(1);
    warm = true;
  }
  const start = performance.now();
  await run(steps);
  process.send({ milliseconds: (performance.now() - start) / steps });
});

async function run(steps) {
  for (let i = 0; i < steps; i++) {
    const value = step();
    if (i === steps - 1) await value.data();
    value.dispose();
  }
}
