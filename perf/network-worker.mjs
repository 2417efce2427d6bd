// A network on one backend of tfjs: answers each message with the median time of a training step or of a prediction.
import { setFlagsFromString } from 'node:v8';

import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { adam, setRelaxedSimd, setWasmThreads } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { selectBackend } from '@segloss/trainer';

import { answer } from './answer.mjs';
import { buildNetwork } from './networks.mjs';

/** `relaxed`: with multiply-adds of relaxed SIMD, without, or (undefined) as the runtime does by itself. */
const { contender, threads = 1, relaxed, batch, ...network } = JSON.parse(process.argv[2]);
tf.env().set('PROD', true);

const selected = contender.startsWith('tensorflow') ? 'tensorflow' : contender === 'cpu' ? 'cpu' : 'wasm';
if (contender === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
if (contender === 'kernels') {
  await import('@segloss/kernels/wasm');
  if (relaxed !== undefined) setRelaxedSimd(relaxed);
  // Later versions have it without a flag.
  if (relaxed && Number.parseInt(process.versions.node) < 22)
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  setWasmThreads(threads);
}
if (contender === 'composed') {
  await import('@tensorflow/tfjs-backend-wasm');
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => filterGradientByConvolution(inputs.x, inputs.dy, attrs),
  });
}
if (selected === 'tensorflow') await selectBackend('tensorflow');
else await tf.setBackend(selected);

const model = buildNetwork(network);
const { inputShape, outputs } = network.options;
const images = tf.randomUniform([batch, ...inputShape], 0, 1, 'float32', 1);
const classes = Math.max(2, outputs);
const labels = tf.tidy(() =>
  tf.cast(tf.floor(tf.randomUniform([batch, ...inputShape.slice(0, -1)], 0, classes, 'float32', 2)), 'int32'),
);
const loss = parseLoss('ce');
const optimizer = adam(1e-3); // the fused update where the kernels are, else that of tfjs

function step() {
  const { value, grads } = tf.variableGrads(() => loss(labels, model.apply(images, { training: true })));
  optimizer.applyGradients(grads);
  value.dataSync();
  tf.dispose([value, grads]);
}

function prediction() {
  const logits = model.predict(images);
  logits.dataSync();
  logits.dispose();
}

// A step of the cpu backend takes seconds: compiling it is no part worth a round.
if (contender !== 'cpu') for (let i = 0; i < 3; i++) step();
if (contender === 'kernels') for (let i = 0; i < 2; i++) prediction();
answer({ step, prediction }, { parameters: () => model.trainableWeights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0) }); // prettier-ignore

/** The gradient of a filter as the convolution of transposed tensors, the fastest composition for these shapes. */
function filterGradientByConvolution(x, dy, { strides, pad, filterShape, dimRoundingMode }) {
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
  const { top, left } = info.padInfo;
  const after = (size, out, stride, filter, before) =>
    Math.max(0, filter + (out - 1) * stride - size - before);
  const bottom = after(info.inHeight, info.outHeight, info.strideHeight, info.filterHeight, top);
  const right = after(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, left);
  return tf.tidy(() => {
    const gradient = tf.conv2d(
      tf.transpose(tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]), [3, 1, 2, 0]), // prettier-ignore
      tf.transpose(dy, [1, 2, 0, 3]),
      1,
      'valid',
      'NHWC',
      [info.strideHeight, info.strideWidth],
    );
    const used = tf.slice(gradient, [0, 0, 0, 0], [info.inChannels, info.filterHeight, info.filterWidth, -1]);
    return tf.transpose(used, [1, 2, 0, 3]);
  });
}
