// The logger for Weights & Biases that docs/training.md shows, with a stand-in for Python's wandb that writes down its calls.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, expect, it } from '@jest/globals';
import { runTraining } from '@segloss/trainer';
import { root } from '@segloss/testing';

import { tinyRun, writeDataset } from './run-fixture.js';

const STAND_IN = `
import json, os
def note(*call):
    with open(os.environ["WANDB_CALLS"], "a") as file: file.write(json.dumps(call) + "\\n")
class Run:
    def log(self, numbers, step): note("log", step, sorted(numbers), numbers["val/dice/background"])
    def finish(self, exit_code): note("finish", exit_code)
def init(project, id, name, config, resume):
    note("init", project, id, name, config["loss"], resume)
    return Run()
`;

const folder = mkdtempSync(path.join(tmpdir(), 'segloss-wandb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('gets the start, every epoch and the end', async () => {
  const page = readFileSync(path.join(root, 'docs', 'training.md'), 'utf8');
  const module = /```js\n(\/\/ wandb\.mjs\n[\s\S]*?)```/.exec(page)![1]!;
  const env = { ...process.env, PYTHONPATH: folder, WANDB_CALLS: path.join(folder, 'calls.jsonl') };
  // jest lets no module import, and its environment variables are not those of the process
  const inJest = module
    .replace(/import (\{.*\}) from ('node:.*');/g, 'const $1 = process.getBuiltinModule($2);')
    .replace('{ stdio:', `{ env: ${JSON.stringify(env)}, stdio:`);
  writeFileSync(path.join(folder, 'wandb.mjs'), inJest);
  writeFileSync(path.join(folder, 'wandb.py'), STAND_IN);
  writeDataset(path.join(folder, 'data'), [0, 4, 8, 12]);
  const { folder: home, summary } = await runTraining(
    tinyRun(folder, { logs: { plugins: ['./wandb.mjs#wandb'] } }),
  );
  const calls = readFileSync(path.join(folder, 'calls.jsonl'), 'utf8').trim().split('\n');
  const dice = readFileSync(path.join(home, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => (JSON.parse(line) as { val: { dice: number[] } }).val.dice[0]);
  const names = ['loss', 'val/dice/background', 'val/dice/foreground', 'val/loss'];
  expect(calls.map((line) => JSON.parse(line) as unknown)).toEqual([
    ['init', 'segloss', summary.id, path.basename(home), 'ce', 'allow'],
    ['log', 0, names, dice[0]],
    ['log', 1, names, dice[1]],
    ['finish', 0],
  ]);
});
