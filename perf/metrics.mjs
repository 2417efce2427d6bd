// Surface metrics of large masks, which are the slow ones; HD95 next to scipy.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { boundaryIou, hd95, surfaceDice } from '@segloss/metrics';

import { environment, median, positiveInteger } from './side-by-side.mjs';

/** Two wavy blobs that fill most of the image, as long borders cost most. */
function pair(shape) {
  const blob = (shift, radius) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const at = new Array(shape.length);
    return Uint8Array.from({ length: size }, (_, i) => {
      let rest = i;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at[axis] = (rest % shape[axis]) / shape[axis] - 0.5 + shift;
        rest = Math.floor(rest / shape[axis]);
      }
      const wave = 0.02 * Math.sin(40 * at[0]) * Math.cos(60 * at[at.length - 1]);
      return Math.hypot(...at) + wave < radius ? 1 : 0;
    });
  };
  return [blob(0, 0.45), blob(0.02, 0.43)];
}

const METRICS = {
  hd95: (truth, predicted, shape) => hd95(truth, predicted, { shape }),
  'hd95, subvoxel': (truth, predicted, shape) => hd95(truth, predicted, { shape, elements: 'subvoxel' }),
  'surface Dice': (truth, predicted, shape) => surfaceDice(truth, predicted, { shape, tolerance: 2 }),
  'boundary IoU': (truth, predicted, shape) => boundaryIou(truth, predicted, { shape }),
};

export async function main(args) {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '7' } } });
  const rounds = positiveInteger('metrics', 'rounds', values.rounds);
  const { cpu, node } = environment();
  console.log(`${cpu}; Node ${node}; medians of ${rounds} rounds\n`);
  const shapes = [
    [1024, 2048],
    [128, 128, 128],
  ];
  console.log(`| metric | ${shapes.map((shape) => `${shape.join('x')}, ms`).join(' | ')} |`);
  console.log(`|---|${shapes.map(() => '---:').join('|')}|`);
  const pairs = shapes.map(pair);
  for (const [name, metric] of Object.entries(METRICS)) {
    const times = shapes.map((shape, i) => {
      metric(...pairs[i], shape);
      return median(
        Array.from({ length: rounds }, () => {
          const start = performance.now();
          metric(...pairs[i], shape);
          return performance.now() - start;
        }),
      );
    });
    console.log(`| ${name} | ${times.map((time) => time.toFixed(0)).join(' | ')} |`);
  }
  besideScipy(shapes, pairs, rounds);
}

/** Prints the processor time of HD95 next to that of scipy, where python3 has it: least times of alternating rounds. */
function besideScipy(shapes, pairs, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'segloss-perf-'));
  try {
    const rows = shapes.map((shape, i) => {
      const files = pairs[i].map((mask, j) => join(folder, `${i}-${j}`));
      pairs[i].forEach((mask, j) => writeFileSync(files[j], mask));
      const [ours, theirs] = [[], []];
      for (let round = 0; round < rounds; round++) {
        const start = process.cpuUsage();
        const value = hd95(...pairs[i], { shape });
        const { user, system } = process.cpuUsage(start);
        ours.push((user + system) / 1000);
        const found = scipy(files, shape);
        if (found === undefined) return undefined;
        if (Math.abs(found.trees.value - value) > 1e-9) {
          throw new Error(`wanted the HD95 of scipy, ${found.trees.value}, got ${value}`);
        }
        theirs.push(found);
      }
      const [least, maps, trees] = [
        ours,
        theirs.map((one) => one.maps.milliseconds),
        theirs.map((one) => one.trees.milliseconds),
      ].map((list) => Math.min(...list));
      const ratio = least / Math.min(maps, trees);
      return `| ${shape.join('x')} | ${[least, maps, trees].map((time) => time.toFixed(0)).join(' | ')} | ${ratio.toFixed(2)} | ${theirs[0].versions} |`;
    });
    if (rows.includes(undefined)) return;
    console.log(
      '\n| HD95, ms of processor time | segloss | distance maps | k-d trees | ratio to the better | versions |',
    );
    console.log('|---|---:|---:|---:|---:|---|');
    for (const row of rows) console.log(row);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What scipy finds; undefined without it. */
function scipy(files, shape) {
  const script = fileURLToPath(new URL('metrics_python.py', import.meta.url));
  const { status, stdout } = spawnSync('python3', [script, JSON.stringify({ files, shape })], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : undefined;
}
