// The process of every-loss.mjs: answers with the least time of a few steps of a loss, or with the names of all.
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import '@segloss/kernels/wasm';
import { lossNames, parseLoss } from '@segloss/losses';

const { size, classes } = JSON.parse(process.argv[2]);
tf.env().set('PROD', true);
await tf.setBackend('wasm');

// Regions of 32 x 32 pixels, as in real masks.
const labels = Int32Array.from({ length: size * size }, (_, i) => {
  const [row, column] = [Math.floor(i / size) >> 5, (i % size) >> 5];
  return (7 * row + 3 * column) % Math.max(2, classes);
});
const target = tf.tensor(labels, [1, size, size], 'int32');
const logits = tf.randomNormal([1, size, size, classes], 0, 2, 'float32', 1);

/** Milliseconds of the processor that value and gradient take. */
function step(loss) {
  const before = process.cpuUsage();
  const { value, grad } = tf.valueAndGrad((z) => loss(target, z))(logits);
  value.dataSync();
  tf.dispose([value, grad]);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function answerFor(spec, warm) {
  try {
    const loss = parseLoss(spec);
    if (warm) for (const begin = performance.now(); performance.now() - begin < 600;) step(loss);
    return { milliseconds: Math.min(step(loss), step(loss), step(loss)) };
  } catch (error) {
    return { error: String(error.message) };
  }
}

process.on('message', ({ names, loss, warm }) =>
  process.send(names ? { names: lossNames() } : answerFor(loss, warm)),
);
