// How planning, queueing and reporting grow with the cells of a benchmark: CPU seconds and memory of the command `segloss`. The runs are
// simulated: links to the folder of one that was trained. Queueing needs the program redis-server.
import { spawn, spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { environment } from './side-by-side.mjs';

const LOSSES = [
  'ce',
  'dice',
  'focal',
  'ce + dice',
  'jaccard',
  'tversky',
  'lovasz',
  'ce + l1',
  'ce + 0.5*l1',
  'ce + 0.1*l1',
];
/** What a process has used, when it ends. */
const USAGE = `data:text/javascript,process.on('exit',()=>{const u=process.resourceUsage();process._rawDebug('usage '+(u.userCPUTime+u.systemCPUTime)/1e6+' '+u.maxRSS/1024)})`;

export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      cells: { type: 'string', default: '1000,10000,100000' },
      command: {
        type: 'string',
        default: fileURLToPath(new URL('../apps/benchmark/bin/segloss.mjs', import.meta.url)),
      },
    },
  });
  const about = environment();
  console.log(
    `${about.cpu}, ${about.cores} cores; Node ${about.node}; CPU seconds and the largest memory of the command\n`,
  );
  console.log(`| cells | plan | queue | report |\n| ---: | ---: | ---: | ---: |`);
  for (const cells of values.cells.split(',').map(Number)) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-cells-'));
    try {
      const row = await measure(path.resolve(values.command), folder, cells);
      console.log(`| ${[cells, ...row].join(' | ')} |`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function measure(command, folder, cells) {
  writeGrid(folder, cells);
  const run = (flags, until) => use(command, folder, flags, until);
  const plan = await run(['benchmark', '-c', 'bench.yaml', '--dry-run']);
  let queue = 'n/a';
  if (spawnSync('redis-server', ['--version']).status === 0) {
    const port = await freePort();
    const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], { stdio: 'ignore' }); // prettier-ignore
    queue = await run(['benchmark', '-c', 'bench.yaml', '--queue', `redis://127.0.0.1:${port}`], 'no worker is connected'); // prettier-ignore
    redis.kill('SIGKILL');
  } else {
    await run(['benchmark', '-c', 'bench.yaml', '--emit', 'slurm']);
  }
  simulate(command, folder);
  const report = await run(['report', 'benchmarks/bench']);
  return [plan, queue, report];
}

/** Ten losses, ten learning rates, and as many seeds as it takes. */
function writeGrid(folder, cells) {
  const seeds = Array.from({ length: cells / 100 }, (_, i) => i);
  const rates = Array.from({ length: 10 }, (_, i) => (i + 1) / 10_000);
  const base =
    '{ data: { folder: demo, limit: 4, size: 16 }, model: { widths: [2] }, epochs: 1, backend: wasm }';
  const grid = { loss: LOSSES, seed: seeds, 'optimizer.learningRate': rates };
  writeFileSync(path.join(folder, 'bench.yaml'), `base: ${base}\ngrid: ${JSON.stringify(grid)}\n`);
}

/** Trains one run, and gives every cell a folder with its files, as the run that the cell has. */
function simulate(command, folder) {
  const { cells } = JSON.parse(readFileSync(path.join(folder, 'benchmarks/bench/benchmark.json'), 'utf8'));
  spawnSync(process.execPath, [command, 'run', '--plan', 'benchmarks/bench/plan.jsonl', '--index', '0'], { cwd: folder, stdio: 'inherit' }); // prettier-ignore
  const [first, ...others] = cells.map((cell) => path.join(folder, 'benchmarks/bench', cell.folder));
  const files = readdirSync(first, { withFileTypes: true }).filter((one) => one.isFile());
  const summary = JSON.parse(readFileSync(path.join(first, 'summary.json'), 'utf8'));
  for (const [i, other] of others.entries()) {
    mkdirSync(other, { recursive: true });
    writeFileSync(path.join(other, 'summary.json'), JSON.stringify({ ...summary, id: cells[i + 1].id }));
    for (const { name } of files) {
      if (name === 'summary.json') continue;
      try {
        linkSync(path.join(first, name), path.join(other, name));
      } catch (error) {
        if (error.code !== 'EMLINK') throw error;
        writeFileSync(path.join(other, name), readFileSync(path.join(first, name)));
      }
    }
  }
}

/** CPU seconds and memory of the command, which is stopped when it says `until`. */
function use(command, folder, flags, until) {
  const child = spawn(process.execPath, ['--import', USAGE, command, ...flags], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] }); // prettier-ignore
  let text = '';
  let stop = until;
  child.stderr.on('data', (data) => {
    text += data;
    if (stop !== undefined && text.includes(stop)) {
      child.kill('SIGTERM');
      stop = undefined;
    }
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      const [, seconds, megabytes] = /^usage (\S+) (\S+)$/m.exec(text) ?? [];
      if (seconds === undefined || (code !== 0 && until === undefined))
        reject(new Error(`${flags.join(' ')}: code ${code}: ${text.slice(-500)}`)); // prettier-ignore
      else resolve(`${Number(seconds).toFixed(1)} s, ${Math.round(megabytes)} MB`);
    });
  });
}

function freePort() {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
