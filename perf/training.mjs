// One training step (loss, gradients, Adam) of a U-Net: our wasm kernels, wasm with composed gradients, the cpu backend,
// and PyTorch (eager, one and two threads) where python3 (or --python) has it. Each contender has a process of its own; they take turns, and the ratios are of medians of this one run.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import {
  environment,
  median,
  positiveInteger,
  serve,
  serveTorch,
  tensorflowVersion,
  torchVersion,
} from './side-by-side.mjs';

export const CASES = [
  {
    name: 'demo: widths 8-16-32, 64x64x1, batch 8, binary',
    net: { inputShape: [64, 64, 1], outputs: 1, widths: [8, 16, 32], norm: 'none', seed: 1 },
    batch: 8,
    contenders: ['kernels', 'composed', 'cpu', 'torch1'],
  },
  {
    name: 'demo with batch normalization',
    net: { inputShape: [64, 64, 1], outputs: 1, widths: [8, 16, 32], norm: 'batch', seed: 1 },
    batch: 8,
    contenders: ['kernels', 'kernels2', 'composed', 'torch1', 'torch2'],
  },
  {
    name: 'large: widths 16-32-64-128 with batch normalization, 128x128x3, batch 8, 11 classes',
    net: { inputShape: [128, 128, 3], outputs: 11, widths: [16, 32, 64, 128], norm: 'batch', seed: 1 },
    batch: 8,
    contenders: ['kernels', 'kernels2', 'composed', 'torch1', 'torch2'],
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

export const main = (args) => compare('training', CASES, args);

/** Measures the contenders of each case that are here, in turns, and prints the table. */
export async function compare(program, all, args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      case: { type: 'string' },
      json: { type: 'string' },
      python: { type: 'string', default: 'python3' },
    },
  });
  const rounds = positiveInteger(program, 'rounds', values.rounds);
  const cases = all.filter(({ name }) => values.case === undefined || name.startsWith(values.case));
  if (cases.length === 0)
    throw new RangeError(
      `perf ${program}: no case begins with ${values.case}; ${all.map((c) => c.name).join('; ')}`,
    );
  const about = environment();
  const wanted = (name) => cases.some(({ contenders }) => contenders.some((one) => one.startsWith(name)));
  const torch = torchVersion(values.python);
  const tensorflow = wanted('tensorflow') ? tensorflowVersion() : undefined;
  const others = [
    torch ? `PyTorch ${torch}` : 'no PyTorch found',
    ...(tensorflow
      ? [`TensorFlow ${tensorflow}`]
      : wanted('tensorflow')
        ? ['no backend tensorflow found']
        : []),
  ];
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; tfjs ${about.tfjs}; ${others.join('; ')}; medians of ${rounds} rounds\n`,
  );
  console.log(
    '| network | contender | ms per step | time of it / time of ours | least ms | its ratio | processor, least ms |\n|---|---|---:|---:|---:|---:|---:|',
  );
  const results = [];
  for (const one of cases) {
    const result = await measure(one, rounds, torch && values.python, tensorflow !== undefined);
    results.push(result);
    for (const { contender, milliseconds, ratio, least, leastRatio, processor } of result.contenders) {
      const [typical, best] = [milliseconds.toFixed(1), least.toFixed(1)];
      const busy = Number.isFinite(processor) ? processor.toFixed(1) : '-';
      console.log(
        `| ${one.name} | ${TITLES[contender]} | ${typical} | ${ratio.toFixed(2)} | ${best} | ${leastRatio.toFixed(2)} | ${busy} |`,
      );
    }
  }
  if (values.json)
    writeFileSync(
      values.json,
      `${JSON.stringify({ ...about, torch, tensorflow, rounds, results }, null, 2)}\n`,
    );
}

async function measure(one, rounds, python, tensorflow) {
  const absent = [...(python ? [] : ['torch']), ...(tensorflow ? [] : ['tensorflow'])];
  const present = one.contenders.filter((contender) => !absent.some((name) => contender.startsWith(name)));
  const servers = present.map((contender) => ({
    contender,
    server: contender.startsWith('torch')
      ? serveTorch('training_torch.py', { ...one, threads: Number(contender.slice(5)) }, python)
      : serve('training-worker.mjs', { contender, net: one.net, batch: one.batch }),
    times: [],
    processor: [],
  }));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { contender, server, times, processor } of servers) {
        // One or two rounds of the cpu backend say enough of a step that takes seconds.
        if (contender === 'cpu' && round >= 2) continue;
        const steps = contender === 'cpu' ? 1 : 3;
        if (server.time === undefined) {
          times.push(await server.measure(steps)); // PyTorch tells no processor time
          continue;
        }
        const time = await server.time(steps);
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
    name: one.name,
    contenders: servers.map(({ contender, times, processor }) => ({
      contender,
      milliseconds: median(times),
      ratio: median(times) / ours,
      least: Math.min(...times), // less of what else the machine does
      leastRatio: Math.min(...times) / oursLeast,
      processor: Math.min(...processor), // of all threads; Infinity where it is unknown
      rounds: times.length,
    })),
  };
}
