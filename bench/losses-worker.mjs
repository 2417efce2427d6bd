// One contender of losses.mjs: answers each message with the median time of value and gradient.
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { parseLoss } from '@segloss/losses';

const { contender, loss: spec, size, classes, backend = 'wasm' } = JSON.parse(process.argv[2]);
tf.env().set('PROD', true);
if (contender === 'loops') globalThis.WebAssembly.validate = () => false; // as in a runtime without SIMD
if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
else await import('@tensorflow/tfjs-backend-wasm');
if (contender !== 'composed') {
  if (backend === 'cpu') await import('@segloss/kernels/cpu');
  else await import('@segloss/kernels/wasm');
}
await tf.setBackend(backend);

// Regions of 32 x 32 pixels, as in real masks.
const labels = Int32Array.from({ length: size * size }, (_, i) => {
  const [row, column] = [Math.floor(i / size) >> 5, (i % size) >> 5];
  return (7 * row + 3 * column) % Math.max(2, classes);
});
const target = tf.tensor(labels, [1, size, size], 'int32');
const logits = tf.randomNormal([1, size, size, classes], 0, 2, 'float32', 1);
const valueAndGrad = tf.valueAndGrad((z) => parseLoss(spec)(target, z));

function step() {
  const { value, grad } = valueAndGrad(logits);
  value.dataSync();
  tf.dispose([value, grad]);
}

step();
process.on('message', ({ steps }) => {
  const times = Array.from({ length: steps }, () => {
    const start = performance.now();
    step();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  process.send({ milliseconds: times[steps >> 1] });
});
