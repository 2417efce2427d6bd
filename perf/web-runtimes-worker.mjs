// One library of web-runtimes.mjs: a prediction or a loss with its gradient, a step at a time; `{ result: true }` asks for part of the result.
import { readFileSync } from 'node:fs';

import { answer } from './answer.mjs';
import { buildNetwork, NETWORKS } from './networks.mjs';
import { load } from './optional.mjs';

const { contender, network, file, threads, size, classes } = JSON.parse(process.argv[2]);

/** Values that all libraries make alike. */
function uniform(length, seed) {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

const product = (shape) => shape.reduce((a, b) => a * b, 1);

async function ours() {
  await import('@tensorflow/tfjs-layers'); // registers the gradients
  await import('@segloss/kernels/wasm');
  const tf = await import('@tensorflow/tfjs-core');
  const { setWasmThreads } = await import('@segloss/kernels');
  tf.env().set('PROD', true);
  setWasmThreads(threads);
  await tf.setBackend('wasm');
  return tf;
}

/** Channels first, as ONNX has them, to channels last. */
function channelsLast(values, shape) {
  const channels = shape.at(-1);
  const pixels = product(shape.slice(1, -1));
  return values.map((_, i) => {
    const [b, rest] = [Math.floor(i / (pixels * channels)), i % (pixels * channels)];
    return values[(b * channels + (rest % channels)) * pixels + Math.floor(rest / channels)];
  });
}

/** Some of the logits, by their place in channels-last order. */
const SAMPLE = 997;

async function prediction() {
  const { batch } = NETWORKS[network];
  if (contender === 'segloss') {
    const tf = await ours();
    const model = buildNetwork(NETWORKS[network]);
    const shape = [batch, ...model.inputs[0].shape.slice(1)];
    const images = tf.tensor(channelsLast(uniform(product(shape), 1), shape), shape);
    let last;
    const step = () => {
      const logits = model.predict(images);
      last = logits.dataSync();
      logits.dispose();
    };
    return { step, result: () => Array.from(last).filter((_, i) => i % SAMPLE === 0) };
  }
  const ort = load('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(readFileSync(file), { executionProviders: ['wasm'] });
  const known = session.inputMetadata[0].shape;
  const dims = [batch, ...known.slice(1)];
  const image = new ort.Tensor('float32', uniform(product(dims), 1), dims);
  let last;
  const step = async () => void (last = (await session.run({ image })).logits);
  const result = () => {
    const [b, channels, ...space] = last.dims;
    const values = channelsLast(last.data, [b, ...space, channels]);
    return Array.from(values).filter((_, i) => i % SAMPLE === 0);
  };
  return { step, result };
}

async function loss() {
  // Regions of 32 x 32 pixels, as in real masks.
  const labels = Int32Array.from({ length: size * size }, (_, i) => {
    const [row, column] = [Math.floor(i / size) >> 5, (i % size) >> 5];
    return (7 * row + 3 * column) % classes;
  });
  const scores = uniform(size * size * classes, 1).map((value) => 8 * value - 4);
  if (contender === 'segloss') {
    const tf = await ours();
    const { parseLoss } = await import('@segloss/losses');
    const ceDice = parseLoss('ce + dice');
    const target = tf.tensor(labels, [1, size, size], 'int32');
    const logits = tf.tensor(scores, [1, size, size, classes]);
    const valueAndGrad = tf.valueAndGrad((z) => ceDice(target, z));
    let last;
    const step = () => {
      const { value, grad } = valueAndGrad(logits);
      value.dataSync();
      last = grad.dataSync();
      tf.dispose([value, grad]);
    };
    return { step, result: () => Array.from(last).filter((_, i) => i % SAMPLE === 0) };
  }
  const { init, jit, nn, numpy: np, valueAndGrad } = load('@jax-js/jax');
  await init('wasm');
  const target = np.array(labels, { dtype: np.int32 });
  const logits = np.array(scores).reshape([size * size, classes]);
  const ceDice = (z, y) => {
    const shares = nn.oneHot(y, classes);
    const logS = nn.logSoftmax(z, -1);
    const ce = shares.ref
      .mul(logS.ref)
      .sum()
      .mul(-1 / (size * size));
    const s = np.exp(logS);
    const overlap = shares.ref.mul(s.ref).sum(0);
    const both = shares.sum(0).add(s.sum(0)).add(1);
    const dice = overlap.mul(2).add(1).div(both).mean();
    return ce.add(1).sub(dice);
  };
  const both = jit(valueAndGrad(ceDice));
  let last;
  const step = async () => {
    const [value, gradient] = both(logits.ref, target.ref);
    await value.data();
    last = await gradient.data();
  };
  return { step, result: () => Array.from(last).filter((_, i) => i % SAMPLE === 0) };
}

const { step, result } = await (network === undefined ? loss() : prediction());
for (let i = 0; i < 2; i++) await step();
answer(step, { result });
