// What the programs share: contenders in processes of their own that take turns, medians, and what to say of the machine.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

/** A process that measures when asked: `worker` answers `{ steps }` with `{ milliseconds }`. */
export function serve(worker, description) {
  const child = fork(fileURLToPath(new URL(worker, import.meta.url)), [JSON.stringify(description)]);
  return {
    measure: (steps) =>
      new Promise((resolve, reject) => {
        const ended = (code) =>
          reject(new Error(`${worker}: ${description.contender} ended with code ${code}`));
        child.once('exit', ended);
        child.once('message', ({ milliseconds }) => {
          child.off('exit', ended);
          resolve(milliseconds);
        });
        child.send({ steps });
      }),
    stop: () => child.kill(),
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function environment() {
  const require = createRequire(import.meta.url);
  const { version } = JSON.parse(readFileSync(require.resolve('@tensorflow/tfjs-core/package.json'), 'utf8'));
  return { cpu: cpus()[0].model.trim(), cores: cpus().length, node: process.versions.node, tfjs: version };
}
