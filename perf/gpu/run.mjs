// The WebGPU kernels on a real GPU: first whether they are right, then losses and a training step beside tfjs's own operations
// and PyTorch on the same card. README.md says what it needs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { buildSync } from 'esbuild';

import { environment, median, serve, serveTorch } from '../side-by-side.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    python: { type: 'string', default: 'python3' },
    json: { type: 'string' },
    tiny: { type: 'boolean', default: false }, // sizes for a software GPU: shows that the program works
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`perf gpu: wanted --rounds a positive integer, got ${values.rounds}`);

const LOSSES = ['ce', 'ce + l1', 'ce + l1(temperature=10)', 'dice', 'ce + dice', 'focal(activation=sigmoid)'];
const CASES = values.tiny
  ? [
      { name: 'dice, 32x32, 3 classes', loss: 'dice', size: 32, classes: 3 },
      { name: 'U-Net 4-8, 16x16, batch 2', ...net(16, 3, [4, 8], 2) },
    ]
  : [
      ...[512, 2048].flatMap((size) =>
        LOSSES.map((loss) => ({ name: `${loss}, ${size}x${size}, 19 classes`, loss, size, classes: 19 })),
      ),
      { name: 'U-Net 16-32-64-128, 128x128, batch 8', ...net(128, 11, [16, 32, 64, 128], 8) },
    ];

function net(size, outputs, widths, batch) {
  return {
    network: 'unet',
    options: { inputShape: [size, size, 3], outputs, widths, norm: 'batch', seed: 1 },
    batch,
  };
}

const dawn = createRequire(import.meta.url).resolve('webgpu'); // npm install --no-save webgpu@0.6.2
const findings = check();
console.log(`right: ${JSON.stringify(findings)}\n`);

const torch = torchWithGpu();
const about = environment();
console.log(
  `Node ${about.node}; tfjs ${about.tfjs}; ${torch ?? 'no PyTorch with a GPU found'}; medians of ${rounds} rounds`,
);
console.log('\n| work | contender | ms | time of it / time of ours |\n|---|---|---:|---:|');
const results = [];
for (const one of CASES) {
  const result = await measure(one);
  results.push(result);
  for (const { title, milliseconds, ratio } of result.contenders)
    console.log(`| ${one.name} | ${title} | ${milliseconds.toFixed(3)} | ${ratio.toFixed(2)} |`);
}
if (values.json)
  writeFileSync(values.json, `${JSON.stringify({ ...about, torch, findings, results }, null, 2)}\n`);

/** The checks of the tests, against float64 loops; throws where something is wrong. */
function check() {
  const folder = mkdtempSync(join(tmpdir(), 'segloss-gpu-'));
  try {
    const { outputFiles } = buildSync({
      entryPoints: [fileURLToPath(new URL('../../packages/kernels/test/checks/in-node.ts', import.meta.url))],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: 'es2022',
      logLevel: 'error',
      tsconfigRaw: {}, // the packages as built
    });
    const script = join(folder, 'checks.cjs');
    writeFileSync(script, outputFiles[0].text);
    const amount = values.tiny
      ? { statistics: 4, subsets: 1, focal: 2, side: 40, convolutions: 1 }
      : { statistics: 200, subsets: 60, focal: 200, side: 2048, convolutions: 60 };
    const task = { backend: 'webgpu', amount, dawn, wasmPaths: '' };
    const { stdout, stderr } = spawnSync(process.execPath, [script, JSON.stringify(task)], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    const line = stdout.split('\n').find((text) => text.startsWith('{'));
    if (line === undefined) throw new Error(`perf gpu: the checks gave nothing: ${stderr.slice(-2000)}`);
    const found = JSON.parse(line);
    const { wrong, errors, many, missing, threw } = found;
    if (missing ?? threw) throw new Error(`perf gpu: ${missing ?? threw}`);
    if (wrong.length + errors.length > 0 || !(many.value < 2e-6))
      throw new Error(`perf gpu: wrong numbers, so no times: ${JSON.stringify(found, null, 1)}`);
    return { many, milliseconds: found.milliseconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function torchWithGpu() {
  const script = 'import torch; print(torch.__version__, torch.cuda.get_device_name(0))';
  const { status, stdout } = spawnSync(values.python, ['-c', script], { encoding: 'utf8' });
  return status === 0 ? `PyTorch ${stdout.trim()}` : undefined;
}

async function measure(one) {
  const servers = [
    { title: 'WebGPU, our kernels', server: serve('gpu/worker.mjs', { ...one, dawn, contender: 'kernels' }) },
    { title: 'WebGPU, composed', server: serve('gpu/worker.mjs', { ...one, dawn, contender: 'composed' }) },
    ...(torch
      ? [
          {
            title: 'PyTorch, same card',
            server: serveTorch('gpu/torch_gpu.py', { ...one, threads: 1 }, values.python),
          },
        ]
      : []),
  ].map((each) => ({ ...each, times: [] }));
  const [steps, work] = [values.tiny ? 1 : 20, one.network && 'step, contiguous'];
  try {
    for (let round = 0; round < rounds; round++)
      for (const { server, times } of servers) times.push((await server.time(steps, work)).milliseconds);
  } finally {
    for (const { server } of servers) server.stop();
  }
  const ours = median(servers[0].times);
  return {
    name: one.name,
    contenders: servers.map(({ title, times }) => ({
      title,
      milliseconds: median(times),
      ratio: median(times) / ours,
    })),
  };
}
