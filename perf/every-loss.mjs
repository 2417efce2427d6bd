// Value and gradient of every registered loss with our wasm kernels, in units of cross-entropy: one process, the losses take turns,
// and the least time of all rounds counts. Times are of the processor, so that other work on the machine matters less.
import { parseArgs } from 'node:util';

import { environment, positiveInteger, serve } from './side-by-side.mjs';

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      size: { type: 'string', default: '512' },
      classes: { type: 'string', default: '19' },
      loss: { type: 'string', multiple: true },
    },
  });
  const [rounds, size, classes] = ['rounds', 'size', 'classes'].map((key) =>
    positiveInteger('every-loss', key, values[key]),
  );
  const about = environment();
  console.log(
    `${about.cpu}; Node ${about.node}; tfjs ${about.tfjs}; ${size}x${size}, ${classes} classes, batch 1; least of ${rounds} rounds\n`,
  );
  const start = () => serve('every-loss-worker.mjs', { contender: 'ours', size, classes });
  let worker = start();
  const names = values.loss ?? (await worker.ask({ names: true })).names;
  const specs = ['ce', ...names.filter((name) => name !== 'ce')];
  const least = new Map();
  const failed = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const spec of specs.filter((name) => !failed.has(name))) {
      const { milliseconds, error } = await worker.ask({ loss: spec, warm: round === 0 });
      if (error === undefined) {
        least.set(spec, Math.min(milliseconds, least.get(spec) ?? Infinity));
      } else {
        failed.set(spec, error);
        worker.stop(); // what a failed step leaves in memory would fail the next loss
        worker = start();
      }
    }
  }
  worker.stop();
  console.log('| loss | ms | / ce |\n|---|---:|---:|');
  for (const [spec, ms] of [...least].sort(([, a], [, b]) => b - a))
    console.log(`| ${spec} | ${ms.toFixed(1)} | ${(ms / least.get('ce')).toFixed(2)} |`);
  for (const [spec, error] of failed) console.log(`| ${spec} | - | ${error} |`);
}
