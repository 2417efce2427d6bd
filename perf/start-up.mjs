// How long the command takes to start: help, version and the list of losses, next to Node alone.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { environment, median, positiveInteger } from './side-by-side.mjs';

const command = fileURLToPath(new URL('../apps/benchmark/bin/segloss.mjs', import.meta.url));

const STARTS = {
  'node -e 0': ['-e', '0'],
  'segloss --version': [command, '--version'],
  'segloss --help': [command, '--help'],
  'segloss losses': [command, 'losses'],
  'segloss analyze --help': [command, 'analyze', '--help'],
  'segloss train --help': [command, 'train', '--help'],
};

export async function main(args) {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '7' } } });
  const rounds = positiveInteger('start-up', 'rounds', values.rounds);
  const { cpu, node } = environment();
  console.log(`${cpu}; Node ${node}; ${rounds} rounds in turn\n`);
  const times = new Map(Object.keys(STARTS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, words] of Object.entries(STARTS)) {
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      times.get(name).push(performance.now() - start);
    }
  }
  console.log('| what | ms, median | least |\n|---|---:|---:|');
  for (const [name, list] of times) {
    console.log(`| ${name} | ${median(list).toFixed(0)} | ${Math.min(...list).toFixed(0)} |`);
  }
}
