// A training step (cross-entropy, gradients, Adam) and a prediction of whole networks: our wasm kernels, without and with the multiply-adds of relaxed
// SIMD, and PyTorch (eager) in both layouts of memory, with as many threads. Each has a process of its own; they take turns. With --avx2
// PyTorch does without AVX-512. `backends` compares with the other backends of tfjs, `web-runtimes` with other libraries for pages.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { resnetUnet, unet } from '@segloss/models';

import {
  environment,
  findTorch,
  median,
  positiveInteger,
  serve,
  serveTorch,
  TORCH_AVX2,
} from './side-by-side.mjs';

const unetCase = (name, batch, options) => ({
  name,
  batch,
  network: 'unet',
  options: { norm: 'batch', seed: 1, ...options },
});

/** Networks as data; {@link buildNetwork} and networks_torch.py build them. */
export const NETWORKS = [
  unetCase('U-Net 16-128, 128x128, batch 8', 8, { inputShape: [128, 128, 3], outputs: 11, widths: [16, 32, 64, 128] }), // prettier-ignore
  unetCase('U-Net 32-256, 256x256, batch 2', 2, { inputShape: [256, 256, 3], outputs: 11, widths: [32, 64, 128, 256] }), // prettier-ignore
  {
    name: 'ResNet-34 U-Net, 224x224, batch 2',
    batch: 2,
    network: 'resnetUnet',
    options: { inputShape: [224, 224, 3], outputs: 2, encoder: 'resnet34' },
  },
  unetCase('3-D U-Net 16-64, 32x48x32, batch 2', 2, { inputShape: [32, 48, 32, 1], outputs: 3, widths: [16, 32, 64] }), // prettier-ignore
];

const BUILDERS = { unet, resnetUnet };

/** The tfjs model of one of {@link NETWORKS}. */
export const buildNetwork = ({ network, options }) => BUILDERS[network](options);

const LAYOUTS = ['contiguous', 'channels-last'];
const WORKS = ['step', 'prediction'];

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      steps: { type: 'string', default: '3' },
      case: { type: 'string', default: '' },
      json: { type: 'string' },
      python: { type: 'string' },
      avx2: { type: 'boolean', default: false }, // PyTorch without AVX-512
    },
  });
  const [threads, rounds, steps] = ['threads', 'rounds', 'steps'].map((key) =>
    positiveInteger('networks', key, values[key]),
  );
  const networks = NETWORKS.filter(({ name }) => name.startsWith(values.case));
  if (networks.length === 0)
    throw new RangeError(
      `perf networks: wanted --case the beginning of one of ${NETWORKS.map(({ name }) => name).join('; ')}, got ${values.case}`,
    );
  const torch = findTorch(values.python);
  const about = environment();
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; tfjs ${about.tfjs}; ${torch ? `PyTorch ${torch.version}${values.avx2 ? ', limited to AVX2' : ''}` : 'no PyTorch found'}; ` +
      `threads: ${threads}; ${rounds} alternating rounds of ${steps} steps, in milliseconds; the processor counts all threads\n`,
  );
  console.log('ratios are to the better of the two layouts of PyTorch, in each column\n');
  console.log(
    '| network | work | contender | wall: median | ratio | least | ratio | processor: least | ratio |',
  );
  console.log(`| --- | --- | --- |${' ---: |'.repeat(6)}`);
  const results = [];
  for (const network of networks) {
    const result = await measure(network, {
      threads,
      rounds,
      steps,
      python: torch?.python,
      variables: values.avx2 ? TORCH_AVX2 : {},
    });
    results.push({ name: network.name, ...result });
    for (const work of WORKS) print(network.name, work, result.times[work]);
  }
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ ...about, torch: torch?.version, avx2: values.avx2, threads, rounds, steps, results }, null, 2)}\n`,
    );
}

/** Rows of a table: each contender's times and their ratios to the better layout of PyTorch. */
function print(name, work, contenders) {
  const theirs = contenders.filter(({ title }) => title.startsWith('PyTorch'));
  for (const contender of contenders) {
    const numbers = ['median', 'least', 'processor'].flatMap((key) => {
      const best = Math.min(...theirs.map((other) => other[key]));
      return [contender[key].toFixed(1), theirs.length === 0 ? '-' : (contender[key] / best).toFixed(2)];
    });
    console.log(`| ${name} | ${work} | ${contender.title} | ${numbers.join(' | ')} |`);
  }
}

/** Times of every contender for both works, which take turns; throws unless the networks have as many parameters. */
async function measure({ name, batch, network, options }, { threads, rounds, steps, python, variables }) {
  const task = { network, options, batch, threads };
  const ours = [false, true].map((relaxed) => ({
    title: relaxed ? 'wasm, with multiply-adds' : 'wasm',
    server: serve('network-worker.mjs', { ...task, contender: 'kernels', relaxed }),
    workOf: (work) => work,
  }));
  const torch = python && serveTorch('networks_torch.py', { ...task, layouts: LAYOUTS }, python, variables);
  const theirs = (torch ? LAYOUTS : []).map((layout) => ({
    title: `PyTorch, ${layout}`,
    server: torch,
    workOf: (work) => `${work}, ${layout}`,
  }));
  const contenders = [...ours, ...theirs];
  try {
    const parameters = await parametersOf(name, contenders);
    const lists = WORKS.map((work) => [work, contenders.map(() => ({ wall: [], processor: [] }))]);
    for (let round = 0; round < rounds; round++) {
      for (const [work, times] of lists) {
        for (const [i, { server, workOf }] of contenders.entries()) {
          const { milliseconds, processor } = await server.time(steps, workOf(work));
          times[i].wall.push(milliseconds);
          times[i].processor.push(processor);
        }
      }
    }
    const summary = ({ wall, processor }, i) => ({
      title: contenders[i].title,
      median: median(wall),
      least: Math.min(...wall),
      processor: Math.min(...processor),
    });
    return {
      parameters,
      times: Object.fromEntries(lists.map(([work, times]) => [work, times.map(summary)])),
    };
  } finally {
    for (const { server } of contenders) server.stop();
  }
}

async function parametersOf(name, contenders) {
  const counts = [];
  for (const { title, server } of contenders) counts.push([title, await server.ask({ parameters: true })]);
  const [[, first]] = counts;
  if (!Number.isInteger(first) || counts.some(([, count]) => count !== first))
    throw new Error(
      `perf networks: wanted networks with as many parameters, got ${counts.map((one) => one.join(' ')).join('; ')} for ${name}`,
    );
  return first;
}
