// Other libraries that run in pages, on the same work: prediction in onnxruntime-web, of networks exported by `toOnnx`, and a loss with its
// gradient in jax-js, both on WebAssembly. They are no dependencies of ours: what is not installed is left out, visibly.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import '@segloss/kernels/wasm';
import { toOnnx } from '@segloss/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { NETWORKS } from './networks.mjs';
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
  console.log(
    '| work | threads | library | median, ms | ours / it | least, ms | of least times |\n| --- | ---: | --- | ---: | ---: | ---: | ---: |',
  );

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
        for (const { library, times } of results) {
          const ratio = (of) => (of(results[0].times) / of(times)).toFixed(2);
          const least = (list) => Math.min(...list);
          console.log(
            `| ${work} | ${count} | ${library} | ${median(times).toFixed(1)} | ${ratio(median)} | ${least(times).toFixed(1)} | ${ratio(least)} |`,
          );
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
  const model = NETWORKS[network].model();
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
    times: [],
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
      for (const { server, times } of servers) times.push(await server.measure(1));
  } finally {
    for (const { server } of servers) server.stop();
  }
  return servers;
}
