// CPU seconds of a training step of the paper's networks on one image and one thread (wasm): what docs/evidence.md scales its estimate from.
import '@tensorflow/tfjs-layers'; // registers the gradients
import '@segloss/kernels/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { adam, setWasmThreads } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { resnetFpn, resnetUnet } from '@segloss/models';
import { parseArgs } from 'node:util';

import { environment } from './side-by-side.mjs';

const NETWORKS = [
  ['unet-resnet50, 2 classes', resnetUnet, 2],
  ['fpn-resnet50, 19 classes', resnetFpn, 19],
];

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { size: { type: 'string', default: '512' }, steps: { type: 'string', default: '2' } },
  });
  const [size, steps] = [Number(values.size), Number(values.steps)];
  tf.env().set('PROD', true);
  await tf.setBackend('wasm');
  setWasmThreads(1);
  const { cpu, node } = environment();
  console.log(`${cpu}, Node ${node}; ${size}x${size}x3, one image, least of ${steps} steps\n`);
  console.log('| network | CPU seconds of a step |\n| --- | ---: |');
  for (const [name, network, outputs] of NETWORKS) {
    const model = network({ inputShape: [size, size, 3], outputs, encoder: 'resnet50' });
    console.log(`| ${name} | ${Math.min(...timesOf(model, outputs, size, steps)).toFixed(2)} |`);
    model.dispose();
  }
}

/** CPU time and not time on the wall, because these steps take so long that other programs run in between. */
function timesOf(model, outputs, size, steps) {
  const images = tf.randomUniform([1, size, size, 3], 0, 1, 'float32', 1);
  const labels = tf.tidy(() =>
    tf.cast(tf.floor(tf.randomUniform([1, size, size], 0, outputs, 'float32', 2)), 'int32'),
  );
  const loss = parseLoss('ce');
  const optimizer = adam(1e-4);
  const times = Array.from({ length: steps }, () => {
    const before = process.cpuUsage();
    const { value, grads } = tf.variableGrads(() => loss(labels, model.apply(images, { training: true })));
    optimizer.applyGradients(grads);
    value.dataSync();
    tf.dispose([value, grads]);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  tf.dispose([images, labels]);
  return times;
}
