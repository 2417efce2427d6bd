import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { configTemplate } from '@segloss/trainer';
import { root } from '@segloss/testing';

import { DEMO, OWN_FOLDER } from '../src/benchmark/embedded.js';
import { readAxes } from '../src/benchmark/grid.js';
import { planBenchmark, writeLines, writePlan } from '../src/benchmark/plan.js';
import { PlanFile, readPlan } from '../src/benchmark/plan-file.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = (text: string, out = path.join(folder, 'out')) => {
  const template = configTemplate({ text, name: 'bench.yaml' }, { keys: ['name', 'grid'], cwd: folder });
  return planBenchmark(template, { name: 'bench', folder: out, axes: readAxes(template) });
};
const base = 'base: { data: { folder: demo, limit: 2 }, epochs: 1 }\n';

describe('a plan', () => {
  it('has a run for each cell, named after its configuration alone', async () => {
    const { cells } = await plan(`${base}grid: { loss: [ce, "0.5*l1(temperature=10)"], seed: [0, 1] }`);
    expect(cells.map(({ state, name }) => [state, name])).toEqual([
      ['missing', 'ce-seed0'],
      ['missing', '0.5-l1-temperature-10-seed0'],
      ['missing', 'ce-seed1'],
      ['missing', '0.5-l1-temperature-10-seed1'],
    ]);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(4);
    expect(cells[0]!.folder).toBe(path.join(folder, 'out', 'runs', `ce-seed0-${cells[0]!.id}`));
    const larger = await plan(`${base}grid: { loss: [ce, dice], seed: [0], model.widths: [[4], [4, 8]] }`);
    const smaller = await plan(
      `${base}grid: { loss: [ce] }`.replace('epochs: 1', 'epochs: 1, model: { widths: [4] }'),
    );
    expect(smaller.cells[0]!.folder).toBe(larger.cells[0]!.folder);
  });

  it('refuses two cells that are the same run', async () => {
    const message = /two cells are the same run: "ce" and "1\*ce"\n {2}at bench\.yaml:2/;
    await expect(plan(`${base}grid: { loss: [ce, 1*ce], seed: [0] }`)).rejects.toThrow(message);
  });

  it('says which value of the grid is wrong', async () => {
    await expect(plan(`${base}grid:\n  los: [ce]`)).rejects.toThrow(/unknown key "los"\n {2}at bench\.yaml:3\n.*\n {2}did you mean "loss"\?/); // prettier-ignore
    await expect(plan(`${base}grid: { loss: [cee] }`)).rejects.toThrow(/unknown loss "cee"/);
    await expect(plan(`grid: { seed: [0] }`)).rejects.toThrow(/data\.folder: is missing/);
  });

  it('is enough to train a cell, also after the folder was moved', async () => {
    const out = path.join(folder, 'moved-from');
    const made = await plan(`${base}grid: { seed: [0, 5] }`, out);
    writePlan(made);
    expect(existsSync(path.join(out, 'benchmark.json'))).toBe(true);
    const to = path.join(folder, 'moved-to');
    renameSync(out, to);
    const { id, name, loaded } = readPlan(path.join(to, 'plan.jsonl'), 1);
    expect([id, name, loaded.config.seed]).toEqual([made.cells[1]!.id, 'ce-seed5', 5]);
    expect(loaded.config.out).toBe(path.join(to, 'runs'));
    expect({ ...loaded.config, out: '' }).toEqual({ ...made.cells[1]!.loaded.config, out: '' });
    expect(() => readPlan(path.join(to, 'plan.jsonl'), 2)).toThrow(/wanted an index from 0 to 1, got 2/);
    expect(() => readPlan(path.join(to, 'none.jsonl'), 0)).toThrow(/cannot read the plan/);
  });

  it('finds a run also where its line has moved, and refuses what is not a line of a plan', async () => {
    const { cells } = await plan(`${base}grid: { seed: [0, 5] }`);
    const file = PlanFile.open(writeLines(path.join(folder, 'two.jsonl'), [...cells].reverse()));
    expect(file.indexOf(cells[0]!.id, 0)).toBe(1);
    expect(file.indexOf(cells[0]!.id, 7)).toBe(1);
    expect(file.indexOf('none', 0)).toBeUndefined();
    const broken = path.join(folder, 'broken.jsonl');
    writeFileSync(broken, `{"schemaVersion": 9}\nno JSON\nnull\nthe last line has no end`);
    expect(() => readPlan(broken, 0)).toThrow(/schemaVersion 1 in line 0, got schemaVersion 9; write the plan again/); // prettier-ignore
    expect(() => readPlan(broken, 1)).toThrow(/in line 1, got no JSON/);
    expect(() => readPlan(broken, 2)).toThrow(/in line 2, got null/);
    expect(() => readPlan(broken, 3)).toThrow(/from 0 to 2, got 3/);
  });
});

it.each([
  ['demo.yaml', DEMO],
  ['own-folder.yaml', OWN_FOLDER],
])('experiments/%s is what the command has embedded', (file, text) => {
  expect(readFileSync(path.join(root, 'experiments', file), 'utf8')).toBe(text);
});

it('the demo is 96 runs: four losses, three data sets, eight seeds', async () => {
  expect((await plan(DEMO)).cells).toHaveLength(4 * 3 * 8);
});
