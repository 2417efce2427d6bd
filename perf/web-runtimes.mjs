// Other libraries that run in pages, on the same work: prediction in onnxruntime-web, of networks exported by `toOnnx`, and a loss with its
// gradient in jax-js, both on WebAssembly. They are no dependencies of ours: what is not installed is left out, visibly.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import '@segloss/kernels/wasm';
import { toOnnx } from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { buildNetwork, NETWORKS } from './networks.mjs';
import { versionOf } from './optional.mjs';
import { environment, median, positiveInteger, serve } from './side-by-side.mjs';

const INSTALL = 'npm install --no-save onnxruntime-web @jax-js/jax';
/** The largest difference to our result that rounding explains, relative to the largest value. */
const AGREE = 1e-3;

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      threads: { type: 'string', default: '1,2' },
      size: { type: 'string', default: '512' },
      classes: { type: 'string', default: '19' },
      case: { type: 'string', default: '' },
    },
  });
  const [rounds, size, classes] = ['rounds', 'size', 'classes'].map((key) =>
    positiveInteger('web-runtimes', key, values[key]),
  );
  const threads = values.threads.split(',').map((n) => positiveInteger('web-runtimes', 'threads', n));
  const works = [
    ...NETWORKS.map(({ name }) => name),
    `ce + dice, ${size}x${size}, ${classes} classes`,
  ].filter((name) => name.startsWith(values.case));
  if (works.length === 0) throw new RangeError(`perf web-runtimes: no case begins with ${values.case}`);
  const versions = {
    'onnxruntime-web': versionOf('onnxruntime-web'),
    '@jax-js/jax': versionOf('@jax-js/jax'),
  };
  const others = Object.entries(versions).map(
    ([name, version]) => `${name} ${version ?? 'is not installed'}`,
  );
  const { cpu, cores, node, tfjs } = environment();
  console.log(
    `${cpu}, ${cores} cores; Node ${node}; tfjs ${tfjs}; ${others.join('; ')}; ${rounds} alternating rounds\n`,
  );
  if (Object.values(versions).includes(undefined))
    console.log(`what is not installed is left out; ${INSTALL}\n`);
  console.log('ratios are ours / theirs; the processor counts all threads\n');
  console.log(
    '| work | threads | library | wall, ms: median | ratio | least | ratio | processor, ms: least | ratio |',
  );
  console.log(`| --- | ---: | --- |${' ---: |'.repeat(6)}`);

  const folder = mkdtempSync(join(tmpdir(), 'segloss-perf-'));
  try {
    for (const work of works) {
      const network = NETWORKS.findIndex(({ name }) => name === work);
      const isLoss = network < 0;
      const other = isLoss ? '@jax-js/jax' : 'onnxruntime-web';
      const task = isLoss ? { size, classes } : { network, file: await exported(network, folder) };
      // jax-js takes as many threads as the machine has where memory is shared, and one in Node.
      for (const count of isLoss ? [1] : threads) {
        const libraries = ['segloss', ...(versions[other] === undefined ? [] : [other])];
        const results = await measure(libraries, { ...task, threads: count }, rounds);
        const [first] = results;
        for (const { library, wall, processor } of results) {
          const numbers = [
            [median(wall), median(first.wall)],
            [Math.min(...wall), Math.min(...first.wall)],
            [Math.min(...processor), Math.min(...first.processor)],
          ].flatMap(([its, ours]) => [its.toFixed(1), (ours / its).toFixed(2)]);
          console.log(`| ${work} | ${count} | ${library} | ${numbers.join(' | ')} |`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The network as an ONNX file. */
async function exported(network, folder) {
  await tf.setBackend('wasm');
  const model = buildNetwork(NETWORKS[network]);
  const file = join(folder, `${network}.onnx`);
  writeFileSync(file, await toOnnx(model));
  model.dispose();
  return file;
}

/** Times of all libraries, which take turns; throws where their results are not those of ours. */
async function measure(libraries, task, rounds) {
  const servers = libraries.map((library) => ({
    library,
    server: serve('web-runtimes-worker.mjs', { contender: library, ...task }),
    wall: [],
    processor: [],
  }));
  try {
    const results = [];
    for (const { server } of servers) results.push(await server.ask({ result: true }));
    const largest = Math.max(...results[0].map(Math.abs));
    servers.forEach(({ library }, i) => {
      const apart = Math.max(...results[i].map((value, j) => Math.abs(value - results[0][j]))) / largest;
      if (!(apart < AGREE))
        throw new Error(
          `perf web-runtimes: ${library} differs from our result by ${apart} of the largest value`,
        );
    });
    for (let round = 0; round < rounds; round++)
      for (const { server, wall, processor } of servers) {
        const time = await server.time(3);
        wall.push(time.milliseconds);
        processor.push(time.processor);
      }
  } finally {
    for (const { server } of servers) server.stop();
  }
  return servers;
}
