// One training step (loss, gradients, Adam) of a U-Net: our wasm kernels, wasm with composed gradients, and the cpu backend.
// Each contender has a process of its own; they take turns, and the ratios are of medians of this one run.
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CASES = [
  {
    name: 'demo: widths 8-16-32, 64x64x1, batch 8, binary',
    net: { inputShape: [64, 64, 1], outputs: 1, widths: [8, 16, 32], norm: 'none', seed: 1 },
    batch: 8,
    contenders: ['kernels', 'composed', 'cpu'],
  },
  {
    name: 'demo with batch normalization',
    net: { inputShape: [64, 64, 1], outputs: 1, widths: [8, 16, 32], norm: 'batch', seed: 1 },
    batch: 8,
    contenders: ['kernels', 'composed'],
  },
  {
    name: 'large: widths 16-32-64-128 with batch normalization, 128x128x3, batch 8, 11 classes',
    net: { inputShape: [128, 128, 3], outputs: 11, widths: [16, 32, 64, 128], norm: 'batch', seed: 1 },
    batch: 8,
    contenders: ['kernels', 'composed'],
  },
];
const TITLES = { kernels: 'wasm, our kernels', composed: 'wasm, composed gradients', cpu: 'cpu backend' };

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      case: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`bench training: wanted --rounds a positive integer, got ${values.rounds}`);
  const cases = CASES.filter(({ name }) => values.case === undefined || name.startsWith(values.case));
  if (cases.length === 0)
    throw new RangeError(
      `bench training: no case begins with ${values.case}; ${CASES.map((c) => c.name).join('; ')}`,
    );
  const about = environment();
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; tfjs ${about.tfjs}; medians of ${rounds} rounds\n`,
  );
  console.log('| network | contender | ms per step | time of it / time of ours |\n|---|---|---:|---:|');
  const results = [];
  for (const one of cases) {
    const result = await measure(one, rounds);
    results.push(result);
    for (const { contender, milliseconds, ratio } of result.contenders) {
      console.log(
        `| ${one.name} | ${TITLES[contender]} | ${milliseconds.toFixed(1)} | ${ratio.toFixed(1)} |`,
      );
    }
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...about, rounds, results }, null, 2)}\n`);
}

async function measure(one, rounds) {
  const servers = one.contenders.map((contender) => ({
    contender,
    server: serve(contender, one),
    times: [],
  }));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { contender, server, times } of servers) {
        // One or two rounds of the cpu backend say enough of a step that takes seconds.
        if (contender === 'cpu' && round >= 2) continue;
        times.push(await server.measure(contender === 'cpu' ? 1 : 3));
      }
    }
  } finally {
    for (const { server } of servers) server.stop();
  }
  const ours = median(servers[0].times);
  return {
    name: one.name,
    contenders: servers.map(({ contender, times }) => ({
      contender,
      milliseconds: median(times),
      ratio: median(times) / ours,
      rounds: times.length,
    })),
  };
}

/** A process that measures when asked. */
function serve(contender, { net, batch }) {
  const worker = fileURLToPath(new URL('training-worker.mjs', import.meta.url));
  const child = fork(worker, [JSON.stringify({ contender, net, batch })]);
  return {
    measure: (steps) =>
      new Promise((resolve, reject) => {
        const ended = (code) => reject(new Error(`bench training: ${contender} ended with code ${code}`));
        child.once('exit', ended);
        child.once('message', ({ milliseconds }) => {
          child.off('exit', ended);
          resolve(milliseconds);
        });
        child.send({ steps });
      }),
    stop: () => child.kill(),
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function environment() {
  const require = createRequire(import.meta.url);
  const { version } = JSON.parse(readFileSync(require.resolve('@tensorflow/tfjs-core/package.json'), 'utf8'));
  return { cpu: cpus()[0].model.trim(), cores: cpus().length, node: process.versions.node, tfjs: version };
}
