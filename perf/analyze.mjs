// `segloss analyze` over many masks: how long a mask takes next to PIL and numpy, which only count, and how much memory the process needs at most.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { randomStream } from '@segloss/data';
import { encode } from 'fast-png';

import { environment, positiveInteger } from './side-by-side.mjs';

const command = fileURLToPath(new URL('../apps/benchmark/bin/segloss.mjs', import.meta.url));

/** A disc of radius r about (x, y), as a PNG of 0 and 1. */
function disc(size, x, y, r) {
  const data = new Uint8Array(size * size);
  for (let i = 0; i < data.length; i++) {
    if ((Math.floor(i / size) - y) ** 2 + ((i % size) - x) ** 2 < r * r) data[i] = 1;
  }
  return encode({ width: size, height: size, channels: 1, depth: 8, data });
}

/** Writes `masks` files, half of them true masks and half predictions, which are a tenth too small. */
function writeMasks(folder, masks, size) {
  for (const part of ['gt', 'pred']) mkdirSync(join(folder, part));
  const random = randomStream('perf');
  for (let i = 0; i < masks / 2; i++) {
    const [x, y, r] = [
      random.uniform() * size,
      random.uniform() * size,
      (0.01 + 0.2 * random.uniform()) * size,
    ];
    writeFileSync(join(folder, 'gt', `${i}.png`), disc(size, x, y, r));
    writeFileSync(join(folder, 'pred', `${i}.png`), disc(size, x, y, r * Math.sqrt(0.9)));
  }
}

/** Runs the command; its resident memory is asked for 20 times a second (Linux), its longest stands in VmHWM. */
function run(folder) {
  const started = performance.now();
  const flags = ['analyze', '--pred', join(folder, 'pred'), '--gt', join(folder, 'gt'), '--json'];
  const child = spawn(process.execPath, [command, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let [text, peak] = ['', 0];
  child.stdout.on('data', (part) => (text += part));
  const watch = setInterval(() => {
    try {
      peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? peak);
    } catch {
      // no /proc, or the process has ended
    }
  }, 50);
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      clearInterval(watch);
      if (code !== 0) reject(new Error(`segloss analyze ended with ${code}`));
      else resolve({ report: JSON.parse(text), peak, milliseconds: performance.now() - started });
    });
  });
}

/** The same counts by PIL and numpy; undefined where python3 has not both. */
function python(folder) {
  const started = performance.now();
  const script = fileURLToPath(new URL('analyze_python.py', import.meta.url));
  const { status, stdout } = spawnSync('python3', [script, JSON.stringify({ folder })], { encoding: 'utf8' });
  return status === 0 ? { ...JSON.parse(stdout), milliseconds: performance.now() - started } : undefined;
}

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      masks: { type: 'string', default: '10000' },
      size: { type: 'string', default: '512' },
      rounds: { type: 'string', default: '1' },
    },
  });
  const masks = positiveInteger('analyze', 'masks', values.masks);
  const size = positiveInteger('analyze', 'size', values.size);
  const rounds = positiveInteger('analyze', 'rounds', values.rounds);
  const { cpu, node } = environment();
  console.log(
    `${cpu}; Node ${node}; PNG of ${size}x${size}, 8 bits; least of ${rounds} alternating rounds, whole processes\n`,
  );
  console.log('| masks | seconds | ms a mask | PIL and numpy, ms a mask | ratio | peak memory, MB | p/q |');
  console.log('|---:|---:|---:|---:|---:|---:|---:|');
  for (const count of [Math.max(4, 2 * Math.round(masks / 20)), 2 * Math.ceil(masks / 2)]) {
    const folder = mkdtempSync(join(tmpdir(), 'segloss-perf-'));
    try {
      writeMasks(folder, count, size);
      const [ours, theirs] = [[], []];
      for (let round = 0; round < rounds; round++) {
        ours.push(await run(folder));
        theirs.push(python(folder));
      }
      const least = (list) => Math.min(...list.map((one) => one?.milliseconds ?? NaN)) / count;
      const { ratio } = ours[0].report.runs[0].analysis.classes[1].overall;
      const peak = Math.max(...ours.map((one) => one.peak));
      const number = (value, digits) => (value > 0 ? value.toFixed(digits) : 'n/a');
      console.log(
        `| ${count} | ${((least(ours) * count) / 1000).toFixed(1)} | ${number(least(ours), 2)} | ${number(least(theirs), 2)} | ${number(least(ours) / least(theirs), 2)} | ${number(peak / 1024, 0)} | ${ratio.toFixed(3)} |`,
      );
      if (theirs[0] !== undefined && Math.abs(theirs[0].ratio - ratio) > 1e-9) {
        throw new Error(`wanted the ratio of ${theirs[0].versions}, ${theirs[0].ratio}, got ${ratio}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
