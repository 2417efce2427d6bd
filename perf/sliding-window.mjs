// The most memory that a process needs to predict a large image by sliding windows, and the time: each case in a process of its own.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

import { environment } from './side-by-side.mjs';

const CASES = [
  { size: 8192, outputs: 1, keep: 'labels' },
  { size: 16384, outputs: 1, keep: 'labels' },
  { size: 2048, outputs: 19, keep: 'labels' },
  { size: 2048, outputs: 19, keep: 'probabilities' },
];

export function main(args) {
  const { values } = parseArgs({ args, options: { largest: { type: 'string', default: '8192' } } });
  const { cpu, cores, node } = environment();
  console.log(`${cpu}, ${cores} cores; Node ${node}; windows of 512x512, overlap 0.25, gray float32 image\n`);
  console.log(
    '| image | classes | result | the image alone, GB | peak of the process, GB | seconds |\n|---|---:|---|---:|---:|---:|',
  );
  for (const one of CASES.filter(({ size }) => size <= Number(values.largest))) {
    const script = fileURLToPath(new URL('./sliding-window-worker.mjs', import.meta.url));
    const { stdout, status, stderr } = spawnSync(process.execPath, [script, JSON.stringify(one)], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`sliding-window: ${stderr}`);
    const { peak, seconds } = JSON.parse(stdout);
    const { size, outputs, keep } = one;
    console.log(`| ${size}x${size} | ${outputs} | ${keep} | ${((4 * size * size) / 1e9).toFixed(2)} | ${(peak / 1e9).toFixed(2)} | ${seconds.toFixed(0)} |`); // prettier-ignore
  }
}
