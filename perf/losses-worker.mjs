// One contender of losses.mjs: answers with the median time of value and gradient, or with the memory of a step.
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { parseLoss } from '@segloss/losses';

import { answer, warmUp } from './answer.mjs';

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
/** Numbers that losses_torch.py makes too, nearly normal with a deviation of 2: the bytes of a mixed counter, added up. */
function score(i) {
  let h = i | 0;
  for (let round = 0; round < 2; round++) h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  h ^= h >>> 16;
  return ((h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24) - 510) / 73.9;
}
const target = tf.tensor(labels, [1, size, size], 'int32');
const scores = Float32Array.from({ length: size * size * classes }, (_, i) => score(i));
const logits = tf.tensor(scores, [1, size, size, classes]);
const valueAndGrad = tf.valueAndGrad((z) => parseLoss(spec)(target, z));

function step() {
  const { value, grad } = valueAndGrad(logits);
  value.dataSync();
  tf.dispose([value, grad]);
}

warmUp(step);

/** The most that a step allocates at a time on the heap of the backend: tensors and scratch. */
function peakBytes() {
  const { wasm } = tf.backend();
  const { _malloc, _free } = wasm;
  const sizes = new Map();
  let [now, peak] = [0, 0];
  wasm._malloc = (bytes) => {
    const at = _malloc(bytes);
    sizes.set(at, bytes);
    now += bytes;
    peak = Math.max(peak, now);
    return at;
  };
  wasm._free = (at) => {
    now -= sizes.get(at) ?? 0;
    sizes.delete(at);
    _free(at);
  };
  step();
  Object.assign(wasm, { _malloc, _free });
  return peak;
}

/** What both sides have to agree on: the value, and the root of the mean square of the gradient times the pixels. */
function check() {
  const { value, grad } = valueAndGrad(logits);
  const squares = grad.dataSync().reduce((sum, x) => sum + x * x, 0);
  const found = { value: value.dataSync()[0], gradient: size * size * Math.sqrt(squares / logits.size) };
  tf.dispose([value, grad]);
  return found;
}

answer(step, { check, memory: () => ({ shareOfLogits: peakBytes() / (4 * logits.size) - 1 }) }); // 1: the gradient
