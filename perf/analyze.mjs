// `segloss analyze` over many masks: how long a mask takes next to PIL and numpy, which only count, and how much memory the process needs at most.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { randomStream } from '@segloss/data';
import { encode } from 'fast-png';

import { findPython } from './python.mjs';
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

/** Runs a program in a shell, which knows the processor time of all its threads; `watch` receives its process id from time to time. */
function timed(program, args, watch = () => undefined) {
  const child = spawn('sh', ['-c', '"$@"; code=$?; times >&2; exit $code', 'sh', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of Object.keys(said)) child[name].on('data', (part) => (said[name] += part));
  const watching = setInterval(() => {
    try {
      const [id] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
      watch(id);
    } catch {
      // no /proc, or the process has ended
    }
  }, 50);
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      clearInterval(watching);
      if (code !== 0) reject(new Error(`${program} ended with ${code}: ${said.stderr}`));
      // The second line of `times` is of the children: minutes and seconds, user and system.
      const spent = [
        ...said.stderr
          .trim()
          .split('\n')
          .at(-1)
          .matchAll(/(\d+)m([\d.]+)s/g),
      ];
      const milliseconds = 1000 * spent.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0); // prettier-ignore
      resolve({ text: said.stdout, milliseconds });
    });
  });
}

/** Runs the command; its resident memory is asked for 20 times a second (Linux), its longest stands in VmHWM. */
async function run(folder) {
  const flags = ['analyze', '--pred', join(folder, 'pred'), '--gt', join(folder, 'gt'), '--json'];
  let peak = 0;
  const { text, milliseconds } = await timed(process.execPath, [command, ...flags], (id) => {
    peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? peak);
  });
  return { report: JSON.parse(text), peak, milliseconds };
}

/** The same counts by PIL and NumPy. */
async function countWith(python, folder) {
  const script = fileURLToPath(new URL('analyze_python.py', import.meta.url));
  const { text, milliseconds } = await timed(python, [script, JSON.stringify({ folder })]);
  return { ...JSON.parse(text), milliseconds };
}

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      masks: { type: 'string', default: '10000' },
      size: { type: 'string', default: '512' },
      rounds: { type: 'string', default: '1' },
      python: { type: 'string' },
    },
  });
  const masks = positiveInteger('analyze', 'masks', values.masks);
  const size = positiveInteger('analyze', 'size', values.size);
  const rounds = positiveInteger('analyze', 'rounds', values.rounds);
  const { cpu, node } = environment();
  console.log(
    `${cpu}; Node ${node}; PNG of ${size}x${size}, 8 bits; least of ${rounds} alternating rounds, processor time of whole processes`,
  );
  const found = findPython(['numpy', 'PIL'], values.python);
  let versions;
  console.log('\n| masks | seconds | ms a mask | PIL and numpy, ms a mask | ratio | peak memory, MB | p/q |');
  console.log('|---:|---:|---:|---:|---:|---:|---:|');
  for (const count of [Math.max(4, 2 * Math.round(masks / 20)), 2 * Math.ceil(masks / 2)]) {
    const folder = mkdtempSync(join(tmpdir(), 'segloss-perf-'));
    try {
      writeMasks(folder, count, size);
      const [ours, theirs] = [[], []];
      for (let round = 0; round < rounds; round++) {
        ours.push(await run(folder));
        if (found !== undefined) theirs.push(await countWith(found, folder));
      }
      const least = (list) =>
        list.length === 0 ? NaN : Math.min(...list.map((one) => one.milliseconds)) / count;
      const { ratio } = ours[0].report.runs[0].analysis.classes[1].overall;
      const peak = Math.max(...ours.map((one) => one.peak));
      const number = (value, digits) => (value > 0 ? value.toFixed(digits) : 'n/a');
      console.log(
        `| ${count} | ${((least(ours) * count) / 1000).toFixed(1)} | ${number(least(ours), 2)} | ${number(least(theirs), 2)} | ${number(least(ours) / least(theirs), 2)} | ${number(peak / 1024, 0)} | ${ratio.toFixed(3)} |`,
      );
      versions ??= theirs[0]?.versions;
      if (found !== undefined && Math.abs(theirs[0].ratio - ratio) > 1e-9) {
        throw new Error(`wanted the ratio of ${versions}, ${theirs[0].ratio}, got ${ratio}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (versions) console.log(`\n${versions}`);
}
