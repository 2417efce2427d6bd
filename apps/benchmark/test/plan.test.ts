import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { configTemplate, planRun } from '@segloss/trainer';
import { root } from '@segloss/testing';

import { DEMO, OWN_FOLDER } from '../src/benchmark/embedded.js';
import { withFolds } from '../src/benchmark/folds.js';
import { cellName, readAxes } from '../src/benchmark/grid.js';
import { planBenchmark, writeLines, writePlan } from '../src/benchmark/plan.js';
import { choose, readTuning } from '../src/benchmark/tuning.js';
import { PlanFile, readPlan } from '../src/benchmark/plan-file.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = async (text: string, out = path.join(folder, 'out')) => {
  const template = configTemplate(
    { text, name: 'bench.yaml' },
    { keys: ['name', 'grid', 'tune'], cwd: folder },
  );
  const axes = withFolds(readAxes(template), template);
  return planBenchmark(template, { name: 'bench', folder: out, axes, tune: readTuning(template, axes) });
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

describe('folds', () => {
  it('are an axis of their own, which varies slower than losses and faster than seeds', async () => {
    const { cells, axes } = await plan(`${base.replace('limit: 2', 'limit: 2, folds: 2')}grid: { loss: [ce, dice], seed: [0, 1] }`); // prettier-ignore
    expect(axes.map(({ key }) => key)).toEqual(['loss', 'seed', 'fold']);
    expect(cells.map(({ labels }) => cellName(labels))).toEqual(
      ['0', '1'].flatMap((seed) => ['0', '1'].flatMap((fold) => ['ce', 'dice'].map((loss) => `${loss}, fold ${fold}, seed ${seed}`))), // prettier-ignore
    );
    const val = await Promise.all(cells.slice(0, 3).map(async ({ loaded }) => (await planRun(loaded)).images.val.map(({ id }) => id))); // prettier-ignore
    expect(val[0]).toEqual(val[1]);
    expect(val[0]).not.toEqual(val[2]);
  });

  it('are chosen by the file where it says so', async () => {
    const some = await plan(`${base.replace('limit: 2', 'limit: 2, folds: 3')}grid: { fold: [0, 2] }`);
    expect(some.cells.map(({ loaded }) => loaded.config.fold)).toEqual([0, 2]);
    const one = await plan(`${base.replace('limit: 2', 'limit: 2, folds: 3').replace('epochs: 1', 'epochs: 1, fold: 1')}grid: { seed: [0] }`); // prettier-ignore
    expect(one.cells.map(({ loaded }) => loaded.config.fold)).toEqual([1]);
  });
});

describe('tuning', () => {
  const tuned = `${base}grid: { loss: [ce, dice], seed: [0, 1] }
tune:
  folds: 2
  epochs: 3
  grid: { optimizer.learningRate: [0.1, 0.01] }
`;

  /** Leaves the folder of a run behind, as if it had finished with this Dice. */
  const finish = ({ folder: run }: { folder: string }, dice: number | null, state = 'finished') => {
    mkdirSync(run, { recursive: true });
    writeFileSync(path.join(run, 'STATUS'), `${state}\n`);
    const weights = (value: number | null) => ({ weightsSha256: '', cases: [], summary: { foreground: { dice: value } } }); // prettier-ignore
    for (const [file, content] of Object.entries({
      'scores.json': { schemaVersion: 1, classes: [], background: 0, last: weights(dice), best: weights(1) },
      'summary.json': {},
      'metrics.jsonl': {},
    })) writeFileSync(path.join(run, file), JSON.stringify(content)); // prettier-ignore
  };

  it('has a run for each loss, candidate and inner fold, on the training images alone, and no cells before they have finished', async () => {
    const made = await plan(tuned, path.join(folder, 'tuned'));
    expect(made.cells).toEqual([]);
    expect(made.waiting.map(({ labels, open }) => [cellName(labels), open])).toEqual([
      ['ce, seed 0', 4],
      ['dice, seed 0', 4],
      ['ce, seed 1', 4],
      ['dice, seed 1', 4],
    ]);
    expect(made.tuningRuns).toHaveLength(2 * 2 * 2);
    const { loaded, name } = made.tuningRuns[3]!;
    expect([name, loaded.config.loss, loaded.config.epochs, loaded.config.innerFold, loaded.config.seed]).toEqual(['tune-ce-seed0', 'ce', 3, 1, 0]); // prettier-ignore
    expect(loaded.config.optimizer.learningRate).toBe(0.01);
    const [outer, ...inner] = await Promise.all([
      plan(`${base}grid: { seed: [0] }`).then(({ cells }) => planRun(cells[0]!.loaded)),
      ...made.tuningRuns.slice(0, 2).map((run) => planRun(run.loaded)),
    ]);
    const validated = new Set(outer!.images.val.map(({ id }) => id));
    const used = inner.flatMap(({ images }) => [...images.train, ...images.val]).map(({ id }) => id);
    expect(used.filter((id) => validated.has(id))).toEqual([]);
    writePlan(made);
    expect(readFileSync(path.join(made.folder, 'plan.jsonl'), 'utf8').trim().split('\n')).toHaveLength(8);
  });

  it('chooses the highest mean Dice of each loss; a diverged candidate is never chosen', async () => {
    const out = path.join(folder, 'chosen');
    const { tuningRuns } = await plan(tuned, out);
    // ce: 0.55 and 0.6; dice: the better candidate diverged on one fold.
    [0.9, 0.2, 0.5, 0.7, 0.3, 0.3, 0.9, null].forEach((dice, i) => finish(tuningRuns[i]!, dice, dice === null ? 'diverged' : 'finished')); // prettier-ignore
    const made = await plan(tuned, out);
    expect(made.waiting).toEqual([]);
    expect(
      made.cells.map(({ index, loaded }) => [
        index,
        loaded.config.loss,
        loaded.config.optimizer.learningRate,
        loaded.config.epochs,
      ]),
    ).toEqual([
      // prettier-ignore
      [8, 'ce', 0.01, 1],
      [9, 'dice', 0.1, 1],
      [10, 'ce', 0.01, 1],
      [11, 'dice', 0.1, 1],
    ]);
    expect(choose(made.tuning[0]!.candidates, 'last').scores[0]).toBeCloseTo(0.55, 12);
    expect(choose(made.tuning[0]!.candidates, 'best').chosen).toBe(0); // all equal: the first
  });

  it('gives every loss the same number of candidates, of its own where the file says so', async () => {
    const own = (values: string) =>
      `${tuned.replace('[ce, dice]', '[ce, ce + l1]')}  perLoss: { ce + l1: { loss: [${values}] } }\n`;
    const { tuningRuns } = await plan(own('ce + 0.1*l1, ce + l1'));
    expect(new Set(tuningRuns.map(({ loaded }) => loaded.config.loss))).toEqual(new Set(['ce', 'ce + 0.1*l1', 'ce + l1'])); // prettier-ignore
    await expect(plan(own('ce + 0.1*l1'))).rejects.toThrow(/different numbers of candidates\n.*\n.*2 for ce, 1 for ce \+ l1; wanted the same budget/); // prettier-ignore
  });

  it.each([
    ['tune: 3', /tune: wanted a mapping/],
    ['tune: { fold: 3 }', /unknown key "tune\.fold"[^]*did you mean "folds"\?/],
    ['tune: { folds: 1, grid: { epochs: [1, 2] } }', /tune\.folds: wanted an integer, 2 or more/],
    ['tune: { grid: { loss: [ce, dice] } }', /grid\.loss and grid\.loss: both set loss/],
    ['tune: { grid: { seed: [0, 1] } }', /tune\.grid\.seed: is not a value to tune/],
    ['tune: { folds: 2 }', /no inner grid for the loss ce/],
    ['tune: { perLoss: { cee: { epochs: [1] } } }', /the grid has no loss "cee"[^]*did you mean "ce"\?/],
  ])('refuses %s', async (text, message) => {
    await expect(plan(`${base}grid: { loss: [ce] }\n${text}`)).rejects.toThrow(message);
  });
});
