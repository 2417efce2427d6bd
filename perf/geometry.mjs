// Components and distances next to scipy.ndimage and scikit-image, on masks of blobs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { connectedComponents, distanceTransform } from '@segloss/geometry';

import { environment, median, positiveInteger } from './side-by-side.mjs';

/** Blobs of many sizes: where a sum of waves is high. */
function blobs(shape) {
  const size = shape.reduce((product, n) => product * n, 1);
  const at = new Array(shape.length);
  return Uint8Array.from({ length: size }, (_, i) => {
    let rest = i;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    const wave = (k) => at.reduce((sum, x, axis) => sum + Math.sin((x * (axis + k)) / (7 + 3 * k)), 0);
    return wave(1) + wave(2) > 1 ? 1 : 0;
  });
}

const TASKS = {
  components: (mask, shape) => connectedComponents(mask, shape, { connectivity: shape.length === 3 ? 6 : 4 }),
  'components, diagonal': (mask, shape) => connectedComponents(mask, shape),
  'distance transform': (mask, shape) => distanceTransform(mask, shape),
};

export async function main(args) {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '15' } } });
  const rounds = positiveInteger('geometry', 'rounds', values.rounds);
  const { cpu, node } = environment();
  console.log(
    `${cpu}; Node ${node}; medians of the CPU time of ${rounds} rounds; ratios are segloss / the other\n`,
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'geometry-'));
  let head = false;
  try {
    for (const shape of [
      [1024, 2048],
      [256, 256, 256],
    ]) {
      const mask = blobs(shape);
      const others = timesOfPython(mask, shape, rounds, folder);
      if (!head) {
        const names = Object.entries(others).map(([name, { version }]) => `${name} ${version}`);
        console.log(
          `| task | shape | segloss, ms |${names.map((name) => ` ${name}, ms | ratio |`).join('')}`,
        );
        console.log(`|---|---|---:|${names.map(() => '---:|---:|').join('')}`);
        head = true;
      }
      for (const [name, task] of Object.entries(TASKS)) {
        const own = cpuTime(() => task(mask, shape), rounds);
        const cells = Object.values(others).map((times) => {
          const time = times[name];
          return time === undefined ? ' – | – |' : ` ${time.toFixed(1)} | ${(own / time).toFixed(2)} |`;
        });
        console.log(`| ${name} | ${shape.join('x')} | ${own.toFixed(1)} |${cells.join('')}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Median of the CPU time in milliseconds: what others do on the machine does not count, and other threads of Node do. */
function cpuTime(work, rounds) {
  for (let i = 0; i < WARM_UP; i++) work(); // until it is compiled
  return median(
    Array.from({ length: rounds }, () => {
      const start = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    }),
  );
}

const WARM_UP = 10;

/** Medians of scipy and scikit-image by their names; of those that python3 has. */
function timesOfPython(mask, shape, rounds, folder) {
  const file = path.join(folder, 'mask');
  writeFileSync(file, mask);
  const script = fileURLToPath(new URL('geometry_python.py', import.meta.url));
  const { status, stdout } = spawnSync('python3', [script, JSON.stringify({ file, shape, rounds })], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : {};
}
