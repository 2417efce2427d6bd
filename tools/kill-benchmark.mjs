// Trains a benchmark twice, once undisturbed and once killed by -9 at random moments and started again each time, and compares every byte.
//   node tools/kill-benchmark.mjs [--kills 10] [--seed 1] [--small]
// 60 runs: 3 losses x 5 seeds x 2 data sets x 2 folds. --small: 4 runs: 2 losses x 2 seeds.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { clearTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { randomStream } from '@segloss/data/samples';
import { encode } from 'fast-png';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    small: { type: 'boolean', default: false },
  },
});
const command = fileURLToPath(new URL('../apps/benchmark/bin/segloss.mjs', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-kill-'));

const random = randomStream(values.seed).uniform;

/** Eight images of 32x32 with one bright rectangle each. */
function writeData(name, seed) {
  const next = randomStream(seed).uniform;
  for (const part of ['images', 'masks']) mkdirSync(path.join(folder, name, part), { recursive: true });
  for (let i = 0; i < 8; i++) {
    const [top, left, height, width] = [next() * 16, next() * 16, 4 + next() * 10, 4 + next() * 10];
    const inside = (pixel) => {
      const [y, x] = [Math.floor(pixel / 32), pixel % 32];
      return y >= top && y < top + height && x >= left && x < left + width;
    };
    const noise = Array.from({ length: 1024 * 3 }, () => Math.floor(next() * 60));
    const image = Uint8Array.from(noise, (value, k) => value + (inside(Math.floor(k / 3)) ? 150 : 30));
    const mask = Uint8Array.from({ length: 1024 }, (_, pixel) => (inside(pixel) ? 255 : 0));
    const write = (part, data, channels) =>
      writeFileSync(path.join(folder, name, part, `case${i}.png`), encode({ width: 32, height: 32, data, channels, depth: 8 })); // prettier-ignore
    write('images', image, 3);
    write('masks', mask, 1);
  }
}
writeData('first', 11);
writeData('second', 12);
const grid = values.small
  ? 'grid:\n  loss: [ce, dice]\n  seed: [0, 1]\n'
  : `grid:
  loss: [ce, dice, ce + l1]
  seed: [0, 1, 2, 3, 4]
  data.folder: [./first, ./second]
`;
writeFileSync(
  path.join(folder, 'bench.yaml'),
  `name: bench
base:
  data: { ${values.small ? 'folder: ./first' : 'folds: 2'}, size: 32 }
  model: { widths: [4, 8] }
  epochs: ${values.small ? 6 : 4}
  batchSize: 2
  backend: wasm
  checkpoint: { everySteps: 1 }
${grid}`,
);

const flags = (out) => [command, 'benchmark', '-c', 'bench.yaml', '--out', out, '--jobs', '2'];
const stdio = ['ignore', 'ignore', 'pipe'];

/** The outcome of the command, killed after some milliseconds: alone, or with its children. */
async function killed(out, after, group) {
  const child = spawn(process.execPath, flags(out), { cwd: folder, stdio, detached: true });
  child.stderr.resume();
  const timer = setTimeout(() => process.kill(group ? -child.pid : child.pid, 'SIGKILL'), after);
  const [code, signal] = await new Promise((resolve) => child.on('exit', (...how) => resolve(how)));
  clearTimeout(timer);
  return { code, signal };
}

/** SHA-256 of the files of every run that hold its numbers. */
function fingerprints(out) {
  const runs = path.join(folder, out, 'runs');
  const files = [
    'metrics.jsonl',
    'scores.json',
    'checkpoints/last.safetensors',
    'checkpoints/best.safetensors',
  ];
  const hash = (file) =>
    existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'missing';
  return Object.fromEntries(readdirSync(runs).sort().map((run) => [run, files.map((file) => hash(path.join(runs, run, file)))])); // prettier-ignore
}

const finished = (out) =>
  Object.keys(fingerprints(out)).filter((run) => readFileSync(path.join(folder, out, 'runs', run, 'STATUS'), 'utf8').trim() === 'finished'); // prettier-ignore

try {
  const start = performance.now();
  const plain = spawnSync(process.execPath, flags('plain'), { cwd: folder, stdio, encoding: 'utf8' });
  if (plain.status !== 0)
    throw new Error(`the undisturbed benchmark ended with ${plain.status}:\n${plain.stderr}`);
  const seconds = (performance.now() - start) / 1000;
  const total = finished('plain').length;

  let kills = 0;
  let done = false;
  while (kills < Number(values.kills) && !done) {
    const share = 1000 + (seconds * 1000 * random() * 1.5) / Number(values.kills);
    const { signal } = await killed('killed', share, random() < 0.5);
    if (signal === 'SIGKILL') kills++;
    else done = true;
  }
  const last = spawnSync(process.execPath, flags('killed'), { cwd: folder, stdio, encoding: 'utf8' });
  const [expected, got] = [fingerprints('plain'), fingerprints('killed')];
  const different = Object.keys({ ...expected, ...got }).filter((run) => JSON.stringify(expected[run]) !== JSON.stringify(got[run])); // prettier-ignore
  const report = { runs: total, kills, secondsUndisturbed: Math.round(seconds), lastExitCode: last.status, finished: finished('killed').length, different }; // prettier-ignore
  process.stdout.write(`${JSON.stringify(report)}\n`);
  const right = last.status === 0 && different.length === 0 && report.finished === total && kills > 0;
  if (!right) process.stderr.write(last.stderr);
  process.exitCode = right ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
