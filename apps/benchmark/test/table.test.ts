import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import pc from 'picocolors';

import { mergeResults } from '../src/benchmark/merge-results.js';
import { readResults } from '../src/benchmark/results.js';
import { leaderboard, SCORE_MEANINGS } from '../src/benchmark/table.js';
import { formatScore, toCsv, toMarkdown, toTerminal } from '../src/benchmark/table-formats.js';
import { lossesAndSeeds, writeBenchmark, writeRun } from './results-fixture.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'segloss-table-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const folder = () => path.join(root, String(count++));
const plain = pc.createColors(false);

const results = readResults(lossesAndSeeds(folder()));
const board = leaderboard(results);
const [section] = board.sections;

describe('the folders of a table', () => {
  it('hold the runs that the benchmark names, and not copies of others', () => {
    const mixed = lossesAndSeeds(folder());
    cpSync(path.join(mixed, 'runs/run-0'), path.join(mixed, 'runs/run-1'), { recursive: true });
    expect(() => readResults(mixed)).toThrow(/run-1: wanted the run id1 of the benchmark, got the run id0;/);
  });

  it('hold the scores of their own weights', () => {
    const mixed = lossesAndSeeds(folder());
    const scores = path.join(mixed, 'runs/run-0/scores.json');
    writeFileSync(scores, readFileSync(scores, 'utf8').replace('"weightsSha256":"abc"', '"weightsSha256":"def"')); // prettier-ignore
    expect(() => readResults(mixed)).toThrow(
      /run-0\/scores\.json: wanted the scores of the run's own weights, got those of others/,
    );
  });

  it('are named once each, by any name', () => {
    const [one, link] = [lossesAndSeeds(folder()), folder()];
    symlinkSync(one, link);
    for (const again of [one, link]) {
      expect(() => mergeResults([readResults(one), readResults(again)])).toThrow(
        'was named twice; name it once',
      );
    }
  });
});

describe('the table of a benchmark', () => {
  it('has one row for each loss over its seeds, with scores counted by hand', () => {
    expect(board.sections).toHaveLength(1);
    expect(section!.columns.map(({ title }) => title)).toEqual([
      'Dice/image', 'Dice', 'IoU', 'HD95', 'missed', 'invented', 'p/q soft', 'p/q hard',
    ]); // prettier-ignore
    const [ce, dice] = section!.rows;
    // Truth 8 + 16 pixels. Seed 0 finds 4 + 8: Dice 24/36. Seed 1 finds 0 + 8: Dice 16/32, one image missed.
    expect([ce!.names, ce!.runs, ce!.best]).toEqual([['ce'], '2/2', false]);
    expect(ce!.cells[1]!.mean).toBeCloseTo((24 / 36 + 16 / 32) / 2, 12);
    expect(ce!.cells[2]!.mean).toBeCloseTo((12 / 24 + 8 / 24) / 2, 12);
    expect(ce!.cells[4]!.mean).toBe(0.5);
    expect(ce!.cells[5]!.mean).toBe(0);
    expect(ce!.cells[6]!.mean).toBeCloseTo((12 / 24 + 8 / 24) / 2, 6);
    expect(ce!.cells[7]!.mean).toBeCloseTo((12 / 24 + 8 / 24) / 2, 12);
    expect([dice!.names, dice!.runs, dice!.best]).toEqual([['dice'], '1/2', true]);
    expect(dice!.cells[1]!).toMatchObject({ mean: 1, cases: 1 });
    expect(dice!.cells[3]!.mean).toBe(0);
  });

  it('ends with the constant predictions, of which HD95 is unknown', () => {
    const constants = section!.rows.filter((row) => row.constant);
    expect(constants.map(({ names }) => names)).toEqual([['all background'], ['all lesion']]);
    const [none, all] = constants.map(({ cells }) => cells.map(({ mean }) => mean));
    expect(none!.slice(0, 6)).toEqual([0, 0, 0, NaN, 2, 0]);
    // Everything is lesion: 2·24 / (24 + 128).
    expect(all![1]).toBeCloseTo(48 / 152, 12);
    expect(all![7]).toBeCloseTo(128 / 24, 12);
  });

  it('has a table for each data set, and names the rows by every other axis', () => {
    const axes = [
      { key: 'data.folder', title: 'data', labels: ['a', 'b'] },
      { key: 'model', title: 'model', labels: ['unet', 'fpn'] },
      { key: 'seed', title: 'seed', labels: ['0'] },
    ];
    const runs = ['a', 'b'].flatMap((data) =>
      ['unet', 'fpn'].map((model) => ({
        labels: { seed: '0', data, model },
        loss: 'ce',
        state: data === 'a' ? ('finished' as const) : ('missing' as const),
      })),
    );
    const { sections } = leaderboard(readResults(writeBenchmark(folder(), axes, runs)));
    expect(sections.map(({ title, names }) => [title, names])).toEqual([['a', ['model']], ['b', ['model']]]); // prettier-ignore
    expect(sections[0]!.rows.map(({ names, runs: some }) => [names[0], some])).toEqual([
      ['unet', '1/1'],
      ['fpn', '1/1'],
      ['all background', '–'],
      ['all lesion', '–'],
    ]);
    expect(sections[1]!.rows.map(({ names, runs: some }) => [names[0], some])).toEqual([['unet', '0/1'], ['fpn', '0/1']]); // prettier-ignore
    expect(toCsv({ sections }).split('\n')[0]).toMatch(/^data,model,Dice\/image mean/);
    expect(toCsv({ sections })).toMatch(/^b,unet,,,/m);
  });

  it('reads one run like a benchmark of one cell', () => {
    const run = folder();
    writeRun(run, { labels: {}, loss: 'ce + l1', state: 'finished' });
    const { sections } = leaderboard(readResults(run));
    expect(sections[0]!.rows[0]).toMatchObject({ names: ['ce + l1'], runs: '1/1', best: false });
  });
});

describe('its forms', () => {
  it('say what the numbers mean', () => {
    const text = toTerminal(board, plain);
    expect(text).toMatch(/│ ce ~ +│ 0\.500 ± 0\.236 \[0\.000, 1\.000\] │ 0\.583 ± 0\.118 │/);
    expect(text).toMatch(/dice \*/);
    expect(text).toContain('both are counted and never part of HD95');
    expect(text).toContain('the rarest is "lesion"');
    for (const [names, meaning] of SCORE_MEANINGS) expect(text).toContain(`${names}: ${meaning}.`);
    const explained = SCORE_MEANINGS.flatMap(([names]) => names.split(', '));
    for (const { title } of section!.columns) {
      expect(explained.some((name) => title.startsWith(name))).toBe(true);
    }
    expect(text).toContain('without "background"');
  });

  it('become lists in a narrow terminal, no line longer than it', () => {
    const tables = toTerminal({ ...board, notes: [] }, plain, 60);
    expect(tables).not.toContain('│');
    expect(tables).toMatch(/^dice \*\n {2}Dice\/image 1\.000 \[1\.000, 1\.000\] {2}Dice 1\.000/m);
    expect(Math.max(...tables.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(toTerminal(board, plain, 200)).toContain('│');
  });

  it('show control characters, and escape what Markdown would read', () => {
    const evil = 'a|b`<img>\u001b[31m*x*';
    const rows = section!.rows.map((row) => ({ ...row, names: [evil] }));
    const sections = [{ ...section!, title: evil, rows }];
    const text = toMarkdown({ sections, notes: [] });
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')[0]).toBe('## a\\|b\\`&lt;img\\>\\\\x1b\\[31m\\*x\\*');
    expect(text).toContain("| **`a\\|b'<img>\\x1b[31m*x*`** |");
  });
});

it('a score of no run is n/a, of one run has no deviation', () => {
  const score = { mean: 0.5, standardDeviation: NaN, median: 0.5, cases: 1, total: 1 };
  expect(formatScore(score, 2)).toBe('0.50');
  expect(formatScore({ ...score, standardDeviation: 0.123, cases: 2 }, 2)).toBe('0.50 ± 0.12');
  expect(formatScore({ ...score, mean: NaN, cases: 0 }, 2)).toBe('n/a');
});
