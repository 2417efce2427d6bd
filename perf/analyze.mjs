// `segloss analyze` over many masks: how long a mask takes, and how much memory the process needs at most.
import { spawn } from 'node:child_process';
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

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: { masks: { type: 'string', default: '10000' }, size: { type: 'string', default: '512' } },
  });
  const masks = positiveInteger('analyze', 'masks', values.masks);
  const size = positiveInteger('analyze', 'size', values.size);
  const { cpu, node } = environment();
  console.log(`${cpu}; Node ${node}; PNG of ${size}x${size}, 8 bits\n`);
  console.log('| masks | seconds | ms a mask | peak memory, MB | p/q |');
  console.log('|---:|---:|---:|---:|---:|');
  for (const count of [Math.max(4, 2 * Math.round(masks / 20)), 2 * Math.ceil(masks / 2)]) {
    const folder = mkdtempSync(join(tmpdir(), 'segloss-perf-'));
    try {
      writeMasks(folder, count, size);
      const { report, peak, milliseconds } = await run(folder);
      const { ratio } = report.runs[0].analysis.classes[1].overall;
      const memory = peak === 0 ? 'n/a' : (peak / 1024).toFixed(0);
      console.log(
        `| ${count} | ${(milliseconds / 1000).toFixed(1)} | ${(milliseconds / count).toFixed(2)} | ${memory} | ${ratio.toFixed(3)} |`,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
