// Trains one epoch and prints how long it took and what it waited for.
import { performance } from 'node:perf_hooks';

import { parseConfig, runTraining } from '@segloss/trainer';

const { data: folder, out, workers, outputBias } = JSON.parse(process.argv[2]);
const config = parseConfig({
  ...{ data: { folder, size: 128, workers }, outputBias, epochs: 1, backend: 'wasm', threads: 1, out },
});
let begun;
let result;
await runTraining({ config, origin: {}, folder: '.', file: 'first-epoch.yaml' }, {
  onEvent(event) {
    const now = { time: performance.now(), use: performance.eventLoopUtilization() };
    if (event.type === 'run.start') {
      begun = now;
      result = { train: event.data.train, batch: config.batchSize };
    }
    if (event.type === 'epoch') {
      const { seconds, waitingSeconds: waiting } = event;
      // Idle milliseconds of this thread, in which it waits for others.
      const { idle } = performance.eventLoopUtilization(now.use, begun.use);
      Object.assign(result, { seconds, waiting, idle, total: now.time - begun.time });
    }
  },
}); // prettier-ignore
console.log(JSON.stringify(result));
process.exit(0);
