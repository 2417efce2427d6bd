// A training step and a prediction of a U-Net, a ResNet-34 U-Net and a U-Net of volumes on wasm: processor time and time on the wall.
import '@tensorflow/tfjs-layers'; // registers the gradients
import '@segloss/kernels/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { adam, setWasmThreads } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { resnetUnet, unet } from '@segloss/models';
import { parseArgs } from 'node:util';

import { environment, positiveInteger } from './side-by-side.mjs';

export const NETWORKS = [
  {
    name: 'U-Net 16-128, 128x128, batch 8',
    model: () => unet({ inputShape: [128, 128, 3], outputs: 11, widths: [16, 32, 64, 128], norm: 'batch', seed: 1 }), // prettier-ignore
    batch: 8,
    classes: 11,
  },
  {
    name: 'ResNet-34 U-Net, 224x224, batch 2',
    model: () => resnetUnet({ inputShape: [224, 224, 3], outputs: 2, encoder: 'resnet34' }),
    batch: 2,
    classes: 2,
  },
  {
    name: '3-D U-Net 16-64, 32x48x32, batch 2',
    model: () => unet({ inputShape: [32, 48, 32, 1], outputs: 3, widths: [16, 32, 64], norm: 'batch', seed: 1 }), // prettier-ignore
    batch: 2,
    classes: 3,
  },
];

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      case: { type: 'string' },
    },
  });
  const threads = positiveInteger('networks', 'threads', values.threads);
  const rounds = positiveInteger('networks', 'rounds', values.rounds);
  const networks = NETWORKS.filter(({ name }) => name.startsWith(values.case ?? ''));
  if (networks.length === 0)
    throw new RangeError(
      `perf networks: wanted --case the beginning of one of ${NETWORKS.map(({ name }) => name).join('; ')}, got ${values.case}`,
    );
  tf.env().set('PROD', true);
  setWasmThreads(threads);
  await tf.setBackend('wasm');
  const { cpu, node, tfjs } = environment();
  console.log(
    `${cpu}, Node ${node}, tfjs ${tfjs}, threads: ${threads}; least of ${rounds} rounds, in milliseconds\n`,
  );
  console.log(
    '| network | step, processor | step, wall | prediction, processor | prediction, wall |\n| --- | ---: | ---: | ---: | ---: |',
  );
  for (const network of networks) {
    const times = measure(network, rounds).map((value) => value.toFixed(1));
    console.log(`| ${network.name} | ${times.join(' | ')} |`);
  }
}

/** Least times of a step and of a prediction, which take turns. */
function measure({ model: make, batch, classes }, rounds) {
  const model = make();
  const [, ...shape] = model.inputs[0].shape;
  const images = tf.randomUniform([batch, ...shape], 0, 1, 'float32', 1);
  const labels = tf.tidy(() =>
    tf.cast(tf.floor(tf.randomUniform([batch, ...shape.slice(0, -1)], 0, classes, 'float32', 2)), 'int32'),
  );
  const loss = parseLoss('ce');
  const optimizer = adam(1e-3);
  const step = () => {
    const { value, grads } = tf.variableGrads(() => loss(labels, model.apply(images, { training: true })));
    optimizer.applyGradients(grads);
    value.dataSync();
    tf.dispose([value, grads]);
  };
  const prediction = () => {
    const logits = model.predict(images);
    logits.dataSync();
    logits.dispose();
  };
  const works = [step, prediction];
  for (const work of works) for (let i = 0; i < 2; i++) work();
  const least = works.map(() => [Infinity, Infinity]);
  for (let round = 0; round < rounds; round++) {
    works.forEach((work, i) => {
      const time = timeOf(work);
      least[i] = least[i].map((value, j) => Math.min(value, time[j]));
    });
  }
  model.dispose();
  tf.dispose([images, labels]);
  return least.flat();
}

/** Milliseconds of the processor, all threads together, and on the wall. */
function timeOf(work) {
  const [processor, wall] = [process.cpuUsage(), performance.now()];
  work();
  const elapsed = performance.now() - wall;
  const { user, system } = process.cpuUsage(processor);
  return [(user + system) / 1000, elapsed];
}
