// Runs the blocks of `blocks.json` one after the other, each in a thread of its own; prints what went wrong as JSON, by name.
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const problems = {};
for (const { name, module, claims } of JSON.parse(readFileSync('blocks.json', 'utf8'))) {
  const url = new URL(module, import.meta.url).href;
  const problem = await new Promise((resolve) => {
    const worker = new Worker(new URL('block-worker.mjs', import.meta.url), {
      workerData: { module: url, claims },
      stdout: true,
      stderr: true,
    });
    worker.on('error', (error) => resolve(String(error?.stack ?? error)));
    worker.on('exit', (code) => resolve(code === 0 ? undefined : `ended with ${code}`));
  });
  if (problem !== undefined) problems[name] = problem;
}
console.log(JSON.stringify(problems));
