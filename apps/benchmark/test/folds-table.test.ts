// Tables over folds and over test images, counted by hand.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { dryRunLines, duration } from '../src/benchmark/dry-run.js';
import type { Axis } from '../src/benchmark/grid.js';
import type { Benchmark, PlannedCell } from '../src/benchmark/plan.js';
import { readResults, type ReadOptions } from '../src/benchmark/results.js';
import { labelFilter } from '../src/benchmark/select-cells.js';
import { leaderboard } from '../src/benchmark/table.js';
import { writeBenchmark, type FixtureRun } from './results-fixture.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'segloss-folds-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

const axes = [
  { key: 'loss', title: 'loss', labels: ['ce'] },
  { key: 'seed', title: 'seed', labels: ['0', '1'] },
  { key: 'fold', title: 'fold', labels: ['0', '1'] },
];
const run = (seed: string, fold: string, more: Partial<FixtureRun>): FixtureRun => ({
  labels: { seed, fold, loss: 'ce' },
  ...{ loss: 'ce', state: 'finished', images: `fold${fold}` },
  ...more,
});
const boardOf = (runs: readonly FixtureRun[], options?: ReadOptions) =>
  leaderboard(readResults(writeBenchmark(path.join(root, String(count++)), axes, runs), options));

describe('a table over folds', () => {
  // Truth 8 + 16 pixels in each fold. Seed 0 finds 4 + 8 and 8 + 16, seed 1 nothing and 8 + 16.
  const runs = [
    run('0', '0', { predicted: [4, 8] }),
    run('0', '1', { predicted: [8, 16] }),
    run('1', '0', { predicted: [0, 0] }),
    run('1', '1', { predicted: [8, 16] }),
  ];

  it('scores the images of all folds together, seed by seed', () => {
    const { sections, notes } = boardOf(runs);
    const [ce] = sections[0]!.rows;
    expect(sections[0]!.names).toEqual(['loss']);
    expect([ce!.runs, ce!.replicates.map(({ name }) => name)]).toEqual(['4/4', ['0', '1']]);
    expect(ce!.cells[1]!.mean).toBeCloseTo(((2 * 36) / (48 + 36) + (2 * 24) / (48 + 24)) / 2, 12);
    expect(sections[0]!.data!.images).toBe(4);
    // The constant "all lesion": 2 * 48 / (48 + 4 * 64).
    expect(sections[0]!.rows.at(-1)!.cells[1]!.mean).toBeCloseTo(96 / 304, 12);
    expect(notes[0]).toContain('over seeds, each over the images of all folds');
  });

  it('leaves a seed out as long as one of its folds is missing', () => {
    const [ce] = boardOf([...runs.slice(0, 3), { ...runs[3]!, state: 'missing' }]).sections[0]!.rows;
    expect([ce!.runs, ce!.cells[0]!.cases]).toEqual(['3/4', 1]);
    expect(ce!.cells[1]!.mean).toBeCloseTo(72 / 84, 12);
  });

  it('is about the test images where there are any: each training is a repetition', () => {
    const tested = runs.map((one) => ({ ...one, tested: one.predicted! }));
    const { sections, notes } = boardOf(tested);
    const [ce] = sections[0]!.rows;
    expect(ce!.replicates.map(({ name }) => name)).toEqual(['0, 0', '0, 1', '1, 0', '1, 1']);
    expect(ce!.cells[1]!.mean).toBeCloseTo((24 / 36 + 1 + 0 + 1) / 4, 12);
    expect(notes[0]).toContain('best weights, chosen on the validation images. 2 test images');
    expect(boardOf(tested, { part: 'val' }).sections[0]!.data!.images).toBe(4);
    expect(boardOf(tested, { weights: 'last' }).sections[0]!.data!.images).toBe(4);
    expect(() => boardOf(runs, { part: 'test' })).toThrow(/its runs have no test images/);
  });
});

describe('--only', () => {
  const grid = [
    { key: 'loss', title: 'loss', entries: ['ce', 'dice'].map((label) => ({ label, values: [] })) },
    { key: 'data.folder', title: 'data', entries: ['a', 'b'].map((label) => ({ label, values: [] })) },
  ] satisfies Axis[];
  const cells = ['ce', 'dice'].flatMap((loss) => ['a', 'b'].map((data) => ({ loss, data })));

  it.each([
    [[], 4],
    [['loss=ce'], 2],
    [['loss=ce', 'loss=dice'], 4],
    [['loss=ce', 'data.folder=b'], 1],
  ] as const)('%j matches %d of 4 cells', (only, expected) => {
    expect(cells.filter(labelFilter(grid, only))).toHaveLength(expected);
  });

  it('names the nearest axis or label', () => {
    expect(() => labelFilter(grid, ['lost=ce'])).toThrow(
      /axes loss, data, got "lost=ce"; did you mean "loss"\?/,
    );
    expect(() => labelFilter(grid, ['loss=dise'])).toThrow(
      /one of ce \| dice, got "dise"; did you mean "dice"\?/,
    );
  });
});

describe('--dry-run', () => {
  it('counts the states, and takes the time from the finished runs that are most alike', () => {
    const cell = (loss: string, seed: string, state: PlannedCell['state']) => {
      const folder = path.join(root, `${loss}-${seed}`);
      return {
        labels: { loss, seed },
        state,
        folder,
        epochs: 10,
      } as unknown as PlannedCell;
    };
    const runs = [cell('ce', '0', 'finished'), cell('slow', '0', 'finished'), cell('ce', '1', 'missing'), cell('slow', '1', 'missing')]; // prettier-ignore
    writeBenchmark(runs[0]!.folder, [], []);
    writeBenchmark(runs[1]!.folder, [], []);
    writeFileSync(path.join(runs[0]!.folder, 'time.json'), '{"epochs":10,"seconds":20}');
    writeFileSync(path.join(runs[1]!.folder, 'time.json'), '{"epochs":10,"seconds":600}');
    const lines = dryRunLines({ benchmark: { axes: [] } as unknown as Benchmark, runs, waiting: [], todo: runs.slice(2), jobs: 2 }); // prettier-ignore
    expect(lines.slice(-2)).toEqual([
      '4 runs: 2 finished, 2 missing',
      'time: about 5 min for 2 runs, 2 at a time, as 2 finished runs took', // (20 + 600) / 2 seconds
    ]);
    const unknown = dryRunLines({ benchmark: { axes: [] } as unknown as Benchmark, runs: runs.slice(2), waiting: [{ labels: { loss: 'x' }, open: 3 }], todo: runs.slice(2), jobs: 2 }); // prettier-ignore
    expect(unknown.slice(-3)).toEqual([
      'waiting      x  for 3 tuning runs',
      '3 runs: 2 missing, 1 waiting',
      'time: unknown until a run has finished',
    ]);
  });

  it.each([
    [0.2, '1 s'],
    [89, '89 s'],
    [600, '10 min'],
    [9000, '2.5 h'],
    [259200, '3.0 days'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
