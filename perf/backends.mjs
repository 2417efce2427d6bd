// A training step (cross-entropy, gradients, Adam) of a U-Net on the backends of tfjs: our wasm kernels, wasm with composed gradients, the cpu backend,
// and native TensorFlow where it works here; PyTorch (eager) is the yardstick, where a python3 (or --python) has it. Each contender has a
// process of its own; they take turns, and the ratios are of medians of this one run. `networks` compares more networks with PyTorch.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { NETWORKS } from './networks.mjs';
import {
  environment,
  findTorch,
  median,
  positiveInteger,
  serve,
  serveTorch,
  tensorflowVersion,
} from './side-by-side.mjs';

const demo = (norm) => ({
  network: 'unet',
  options: { inputShape: [64, 64, 1], outputs: 1, widths: [8, 16, 32], norm, seed: 1 },
  batch: 8,
});
const CASES = [
  {
    ...NETWORKS[0],
    name: `large: ${NETWORKS[0].name}`,
    contenders: ['kernels', 'kernels2', 'composed', 'tensorflow1', 'tensorflow2', 'torch1', 'torch2'],
  },
  {
    ...demo('none'),
    name: 'demo: widths 8-16-32, 64x64x1, batch 8, binary',
    contenders: ['kernels', 'composed', 'cpu', 'tensorflow1', 'torch1'],
  },
  {
    ...demo('batch'),
    name: 'demo with batch normalization',
    contenders: ['kernels', 'kernels2', 'composed', 'tensorflow1', 'tensorflow2', 'torch1', 'torch2'],
  },
];
const TITLES = {
  kernels: 'wasm, our kernels',
  kernels2: 'wasm, our kernels, 2 threads',
  composed: 'wasm, composed gradients',
  cpu: 'cpu backend',
  tensorflow1: 'tensorflow, 1 thread',
  tensorflow2: 'tensorflow, 2 threads',
  torch1: 'PyTorch, 1 thread',
  torch2: 'PyTorch, 2 threads',
};

/** Measures the contenders of each case that are here, in turns, and prints the table. */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      case: { type: 'string', default: '' },
      json: { type: 'string' },
      python: { type: 'string' },
    },
  });
  const rounds = positiveInteger('backends', 'rounds', values.rounds);
  const cases = CASES.filter(({ name }) => name.startsWith(values.case));
  if (cases.length === 0)
    throw new RangeError(
      `perf backends: no case begins with ${values.case}; ${CASES.map((c) => c.name).join('; ')}`,
    );
  const about = environment();
  const torch = findTorch(values.python);
  const tensorflow = tensorflowVersion();
  const others = [
    torch ? `PyTorch ${torch.version}` : 'no PyTorch found',
    tensorflow ? `TensorFlow ${tensorflow}` : 'no backend tensorflow found',
  ];
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; tfjs ${about.tfjs}; ${others.join('; ')}; medians of ${rounds} rounds\n`,
  );
  console.log(
    '| network | contender | ms per step | time of it / time of ours | least ms | its ratio | processor, least ms |\n|---|---|---:|---:|---:|---:|---:|',
  );
  const results = [];
  for (const one of cases) {
    const result = await measure(one, rounds, torch?.python, tensorflow !== undefined);
    results.push(result);
    for (const { contender, milliseconds, ratio, least, leastRatio, processor } of result.contenders) {
      const numbers = [
        milliseconds.toFixed(1),
        ratio.toFixed(2),
        least.toFixed(1),
        leastRatio.toFixed(2),
        processor.toFixed(1),
      ];
      console.log(`| ${one.name} | ${TITLES[contender]} | ${numbers.join(' | ')} |`);
    }
  }
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ ...about, torch: torch?.version, tensorflow, rounds, results }, null, 2)}\n`,
    );
}

async function measure({ name, network, options, batch, contenders }, rounds, python, tensorflow) {
  const absent = [...(python ? [] : ['torch']), ...(tensorflow ? [] : ['tensorflow'])];
  const present = contenders.filter((contender) => !absent.some((start) => contender.startsWith(start)));
  const servers = present.map((contender) => {
    const threads = Number(/\d$/.exec(contender) ?? 1);
    const task = { network, options, batch, threads };
    return {
      contender,
      work: contender.startsWith('torch') ? 'step, contiguous' : 'step',
      server: contender.startsWith('torch')
        ? serveTorch('networks_torch.py', task, python)
        : serve('network-worker.mjs', { ...task, contender: contender.replace('kernels2', 'kernels') }),
      times: [],
      processor: [],
    };
  });
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { contender, work, server, times, processor } of servers) {
        // One or two rounds of the cpu backend say enough of a step that takes seconds.
        if (contender === 'cpu' && round >= 2) continue;
        const time = await server.time(contender === 'cpu' ? 1 : 3, work);
        times.push(time.milliseconds);
        processor.push(time.processor);
      }
    }
  } finally {
    for (const { server } of servers) server.stop();
  }
  const ours = median(servers[0].times);
  const oursLeast = Math.min(...servers[0].times);
  return {
    name,
    contenders: servers.map(({ contender, times, processor }) => ({
      contender,
      milliseconds: median(times),
      ratio: median(times) / ours,
      least: Math.min(...times), // less of what else the machine does
      leastRatio: Math.min(...times) / oursLeast,
      processor: Math.min(...processor), // of all threads
      rounds: times.length,
    })),
  };
}
