// Surface metrics of large masks, which are the slow ones.
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
}
