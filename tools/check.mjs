// `npm run check`: builds, then runs the checks that need no tests at the same time, as many as there are cores.
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const npm = (script) => ['npm', ['run', '--silent', script]];
const built = spawnSync(...npm('build'), { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);

const waiting = ['lint:code', 'lint:format', 'typecheck', 'lint:spelling'];
const failed = [];

/** Runs checks one after the other until none is left. */
async function worker() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const start = performance.now();
    const { code, output } = await run(name);
    console.error(
      `${code === 0 ? 'passed' : 'FAILED'} ${name} (${((performance.now() - start) / 1000).toFixed(0)} s)`,
    );
    if (code !== 0) {
      console.error(output);
      failed.push(name);
    }
  }
}

function run(name) {
  return new Promise((resolve) => {
    const child = spawn(...npm(name), { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.on('close', (code) => resolve({ code, output }));
  });
}

await Promise.all(Array.from({ length: availableParallelism() }, worker));
process.exitCode = failed.length === 0 ? 0 : 1;
