// One contender of training.mjs: steps a U-Net on its backend, and answers each message with the median time of a step.
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { adam, setWasmThreads } from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { selectBackend, unet } from '@segloss/trainer';

import { answer } from './answer.mjs';

const { contender, net, batch } = JSON.parse(process.argv[2]);
tf.env().set('PROD', true);

if (contender === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
if (contender.startsWith('kernels')) {
  await import('@segloss/kernels/wasm');
  setWasmThreads(contender === 'kernels2' ? 2 : 1);
}
if (contender === 'composed') {
  await import('@tensorflow/tfjs-backend-wasm');
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => filterGradientByConvolution(inputs.x, inputs.dy, attrs),
  });
}
if (contender.startsWith('tensorflow')) await selectBackend('tensorflow');
else await tf.setBackend(contender === 'cpu' ? 'cpu' : 'wasm');

const model = unet(net);
const [height, width, channels] = net.inputShape;
const images = tf.randomUniform([batch, height, width, channels], 0, 1, 'float32', 1);
const classes = Math.max(2, net.outputs);
const labels = tf.tidy(() =>
  tf.cast(tf.floor(tf.randomUniform([batch, height, width], 0, classes, 'float32', 2)), 'int32'),
);
const loss = parseLoss('ce');
const optimizer = adam(1e-3); // the fused update where the kernels are, else that of tfjs

function step() {
  const { value, grads } = tf.variableGrads(() => loss(labels, model.apply(images, { training: true })));
  optimizer.applyGradients(grads);
  value.dataSync();
  tf.dispose([value, grads]);
}

// A step of the cpu backend takes seconds: compiling it is no part worth a round.
if (contender !== 'cpu') for (let i = 0; i < 3; i++) step();
answer(step);

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
