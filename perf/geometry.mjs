// Components and distances next to scipy.ndimage, on masks of blobs.
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
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '5' } } });
  const rounds = positiveInteger('geometry', 'rounds', values.rounds);
  const { cpu, node } = environment();
  console.log(`${cpu}; Node ${node}; medians of ${rounds} rounds\n`);
  console.log('| task | shape | segloss, ms | scipy, ms | ratio |');
  console.log('|---|---|---:|---:|---:|');
  const folder = mkdtempSync(path.join(tmpdir(), 'geometry-'));
  try {
    for (const shape of [
      [1024, 2048],
      [256, 256, 256],
    ]) {
      const mask = blobs(shape);
      const scipy = timesOfScipy(mask, shape, rounds, folder);
      for (const [name, task] of Object.entries(TASKS)) {
        for (let i = 0; i < 3; i++) task(mask, shape); // until it is compiled
        const own = median(
          Array.from({ length: rounds }, () => {
            const start = performance.now();
            task(mask, shape);
            return performance.now() - start;
          }),
        );
        const other = scipy?.[name];
        const [theirs, ratio] =
          other === undefined ? ['not there', ''] : [other.toFixed(0), (own / other).toFixed(2)];
        console.log(`| ${name} | ${shape.join('x')} | ${own.toFixed(0)} | ${theirs} | ${ratio} |`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Medians of scipy, undefined where python3 with scipy is not there. */
function timesOfScipy(mask, shape, rounds, folder) {
  const file = path.join(folder, 'mask');
  writeFileSync(file, mask);
  const script = fileURLToPath(new URL('geometry_scipy.py', import.meta.url));
  const { status, stdout } = spawnSync('python3', [script, JSON.stringify({ file, shape, rounds })], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : undefined;
}
