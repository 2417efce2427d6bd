// One size of scaling.mjs: answers each message with the median time of value and gradient, or without one where memory does not suffice.
import '@tensorflow/tfjs-layers'; // registers the gradients
import '@segloss/kernels/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { parseLoss } from '@segloss/losses';

import { answer, warmUp } from './answer.mjs';

const { side, classes, loss } = JSON.parse(process.argv[2]);
tf.env().set('PROD', true);
await tf.setBackend('wasm');

const labels = Int32Array.from(
  { length: side * side },
  (_, i) => (7 * (Math.floor(i / side) >> 5) + 3 * ((i % side) >> 5)) % Math.max(2, classes),
);
const scores = Float32Array.from({ length: side * side * classes }, (_, i) => 4 * Math.sin(i * 1.37));

let step;
try {
  const target = tf.tensor(labels, [1, side, side], 'int32');
  const logits = tf.tensor(scores, [1, side, side, classes]);
  const valueAndGrad = tf.valueAndGrad((z) => parseLoss(loss)(target, z));
  step = () => {
    const { value, grad } = valueAndGrad(logits);
    value.dataSync();
    tf.dispose([value, grad]);
  };
  warmUp(step);
} catch (error) {
  if (!/memory/i.test(error.message)) throw error;
  step = undefined;
}

if (step === undefined) process.on('message', () => process.send({}));
else answer(step);
