// Convolutions and a training step, against plain float64 loops and finite differences.
import { crossEntropy } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

import { numbers } from '../../../testing/src/random';
import { apart, read } from './region-statistics';

/** Where convolutions on the current backend, or their gradients, are not sums of products in float64; empty is right. */
export async function wrongConvolutions(count: number): Promise<string[]> {
  const wrong: string[] = [];
  const { next, pick } = numbers(41);
  for (let i = 0; i < count; i++) {
    const one = {
      shape: [pick([1, 2]), pick([4, 5, 8, 11]), pick([4, 6, 9]), pick([1, 3, 8, 16])] as [number, number, number, number],
      outputs: pick([1, 2, 8, 19]),
      size: pick([1, 2, 3]),
      stride: pick([1, 1, 2]),
      pad: pick(['same', 'valid'] as const),
    }; // prettier-ignore
    const { shape, outputs, size, stride, pad } = one;
    const make = (length: number) => Float32Array.from({ length }, () => 2 * next() - 1);
    const x = make(shape[0] * shape[1] * shape[2] * shape[3]);
    const w = make(size * size * shape[3] * outputs);
    const wanted = convolve(one, x, w, make);
    const results = tf.tidy(() => {
      const f = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad);
      const inputs = [tf.tensor(x, shape), tf.tensor(w, [size, size, shape[3], outputs])];
      const dy = tf.tensor(wanted.g, wanted.shape);
      return [f(inputs[0]!, inputs[1]!), ...tf.grads(f)(inputs, dy)];
    });
    const got = await read(results);
    [wanted.y, wanted.dx, wanted.dw].forEach((each, j) => {
      const off = apart(got[j]!, each, 1);
      if (!(off < 5e-6)) wrong.push(`${JSON.stringify(one)}: ${['value', 'dx', 'dw'][j]} off by ${off}`);
    });
  }
  return wrong;
}

interface Convolution {
  shape: [number, number, number, number];
  outputs: number;
  size: number;
  stride: number;
  pad: 'same' | 'valid';
}

function convolve(
  one: Convolution,
  x: Float32Array,
  w: Float32Array,
  make: (length: number) => Float32Array,
) {
  const { shape, outputs, size, stride, pad } = one;
  const [batch, height, width, channels] = shape;
  const out = (n: number) => (pad === 'same' ? Math.ceil(n / stride) : Math.floor((n - size) / stride) + 1);
  const before = (n: number) => (pad === 'same' ? Math.max(0, (out(n) - 1) * stride + size - n) >> 1 : 0);
  const [rows, columns] = [out(height), out(width)];
  const g = make(batch * rows * columns * outputs);
  const [y, dx, dw] = [new Float64Array(g.length), new Float64Array(x.length), new Float64Array(w.length)];
  for (let at = 0; at < g.length; at++) {
    const co = at % outputs;
    const ox = Math.floor(at / outputs) % columns;
    const oy = Math.floor(at / outputs / columns) % rows;
    const n = Math.floor(at / outputs / columns / rows);
    for (let tap = 0; tap < size * size; tap++) {
      const iy = oy * stride + Math.floor(tap / size) - before(height);
      const ix = ox * stride + (tap % size) - before(width);
      if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
      for (let ci = 0; ci < channels; ci++) {
        const xi = ((n * height + iy) * width + ix) * channels + ci;
        const wi = (tap * channels + ci) * outputs + co;
        y[at]! += x[xi]! * w[wi]!;
        dx[xi]! += g[at]! * w[wi]!;
        dw[wi]! += g[at]! * x[xi]!;
      }
    }
  }
  return { y, dx, dw, g, shape: [batch, rows, columns, outputs] };
}

/** Two scales, skip connection, batch normalization: what a segmentation network is made of. */
function network(size: number, classes: number): layers.LayersModel {
  const { conv2d, batchNormalization, reLU, maxPooling2d, conv2dTranspose, concatenate } = layers.layers;
  let seed = 1;
  const kernelInitializer = () => layers.initializers.glorotUniform({ seed: seed++ });
  const block = (x: layers.SymbolicTensor, filters: number) => {
    const options = { filters, kernelSize: 3, padding: 'same', useBias: false } as const;
    const y = conv2d({ ...options, kernelInitializer: kernelInitializer() }).apply(x);
    return reLU().apply(batchNormalization().apply(y)) as layers.SymbolicTensor;
  };
  const input = layers.input({ shape: [size, size, 3] });
  const high = block(input, 8);
  const low = block(maxPooling2d({ poolSize: 2 }).apply(high) as layers.SymbolicTensor, 16);
  const up = conv2dTranspose({
    filters: 8,
    kernelSize: 2,
    strides: 2,
    kernelInitializer: kernelInitializer(),
  });
  const joined = concatenate().apply([high, up.apply(low) as layers.SymbolicTensor]) as layers.SymbolicTensor;
  const head = conv2d({ filters: classes, kernelSize: 1, kernelInitializer: kernelInitializer() });
  return layers.model({ inputs: input, outputs: head.apply(block(joined, 8)) as layers.SymbolicTensor });
}

/** What {@link trainingStep} finds. */
export interface TrainingStep {
  /** The derivative along the gradient of all weights, and by central differences of the loss; they should agree. */
  readonly slope: number;
  readonly difference: number;
  /** The loss before each step of Adam. */
  readonly losses: number[];
  /** Tensors that a step leaves behind. */
  readonly leaked: number;
}

/** Trains a small U-Net on squares on the current backend. */
export async function trainingStep(size = 16, steps = 6): Promise<TrainingStep> {
  const model = network(size, 3);
  const { next } = numbers(7);
  const images = tf.tensor(
    Float32Array.from({ length: 2 * size * size * 3 }, () => next()),
    [2, size, size, 3],
  );
  const labels = tf.tensor(Int32Array.from({ length: 2 * size * size }, (_, i) => Number(i % size > size / 2) + Number(i % (size * size) > size * size / 2)), [2, size, size], 'int32'); // prettier-ignore
  const loss = crossEntropy();
  const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const value = () => loss(labels, model.apply(images, { training: true }) as tf.Tensor);

  const { grads } = tf.tidy(() => tf.variableGrads(value, weights));
  const gradient = weights.map(({ name }) => grads[name]!);
  const squares = tf.tidy(() =>
    gradient.map((each) => tf.sum(tf.square(each))).reduce((a, b) => tf.add(a, b)),
  );
  const slope = Math.sqrt((await squares.data())[0]!);
  const at = async (step: number) => {
    const before = weights.map((weight) => weight.clone());
    tf.tidy(() => weights.forEach((weight, i) => weight.assign(tf.add(weight, tf.mul(step / slope, gradient[i]!))))); // prettier-ignore
    const [[result]] = (await read([tf.tidy(value)])) as [Float32Array];
    weights.forEach((weight, i) => weight.assign(before[i]! as tf.Variable));
    tf.dispose(before);
    return result!;
  };
  const step = 2 ** -6;
  const difference = ((await at(step)) - (await at(-step))) / (2 * step);
  tf.dispose([...gradient, squares]);

  const optimizer = tf.train.adam(0.02);
  const losses: number[] = [];
  let leaked = 0;
  for (let i = 0; i < steps; i++) {
    const before = tf.memory().numTensors;
    const cost = tf.tidy(() => optimizer.minimize(value, true, weights)!);
    losses.push((await read([cost]))[0]![0]!);
    leaked = tf.memory().numTensors - before; // the first step makes the optimizer's moments
  }
  optimizer.dispose();
  model.dispose();
  tf.dispose([images, labels]);
  return { slope, difference, losses, leaked };
}
