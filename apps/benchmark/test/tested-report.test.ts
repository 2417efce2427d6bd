// Lesions, decodings and calibration in the report of a benchmark, from hand-made masks: every expected score is counted by hand.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { Reliability, scoreCase, summarizeCases, type CaseScore } from '@segloss/metrics';

import { checkGate, parseGate } from '../src/benchmark/gates.js';
import { jsonReport } from '../src/benchmark/json-report.js';
import { NOT_MEASURED } from '../src/benchmark/measured-forces.js';
import { renderReport } from '../src/benchmark/report/page.js';
import { readResults } from '../src/benchmark/results.js';
import { leaderboard } from '../src/benchmark/table.js';
import { CLASSES, lossesAndSeeds } from './results-fixture.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'segloss-tested-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Lesions of 1, 2 and 5 pixels of one row of 16.
const truth = [1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0];
const MASKS = {
  none: truth.map(() => 0),
  // Finds the largest with 4 of 5 pixels.
  large: truth.map((_, i) => Number(i >= 7 && i < 11)),
  // Finds the two larger ones exactly, and invents one of 2 pixels.
  two: truth.map((label, i) => (i === 0 ? 0 : i >= 14 ? 1 : label)),
};
const probabilities = truth.map((label) => (label ? 0.8 : 0.2));
const scored = (predicted: readonly number[]): CaseScore[] => [
  scoreCase({ id: 'a', truth, predicted, probabilities, classes: CLASSES, shape: [1, 16], lesions: {} }),
];
const summaryOf = (cases: readonly CaseScore[]) => summarizeCases(cases, { classes: CLASSES });

function reliabilityOf(lesion: readonly number[]) {
  const reliability = new Reliability({ numClasses: 2 });
  reliability.add(truth, lesion.flatMap((p) => [1 - p, p])); // prettier-ignore
  return reliability.classes();
}

/** Scores of a run that found a mask. */
function putScores(run: string, mask: keyof typeof MASKS, weightsSha256 = 'abc'): void {
  const last = { weightsSha256, cases: scored(MASKS[mask]), summary: {} };
  writeFileSync(path.join(run, 'scores.json'), JSON.stringify({ schemaVersion: 1, classes: CLASSES, background: 0, last })); // prettier-ignore
}

/** What `segloss test` writes, with two decodings unless others are given. */
function putTest(run: string, more: object = {}, name = 'test-val'): void {
  const [argmax, volume] = [scored(MASKS.large), scored(MASKS.two)];
  const { classes } = summaryOf(argmax);
  const soft = classes.map((one) => one.soft!.predicted);
  const report = {
    ...{ classes: CLASSES, background: 0, weightsSha256: ['abc'], cases: argmax, lesions: {} },
    marginals: { truth: classes.map((one) => one.truth), soft, hard: [] },
    reliability: reliabilityOf(probabilities),
    decodings: [
      { decode: { policy: 'argmax' }, cases: argmax, summary: summaryOf(argmax) },
      { decode: { policy: 'volume' }, cases: volume, summary: summaryOf(volume) },
    ],
    ...more,
  };
  writeFileSync(path.join(run, `${name}.json`), JSON.stringify(report));
}

const benchmark = (name: string) => {
  const at = lossesAndSeeds(path.join(folder, name));
  const runs = [0, 1, 2].map((i) => path.join(at, 'runs', `run-${i}`));
  const page = () => renderReport(readResults(at), 'segloss report').replaceAll(/\s+/g, ' ');
  const json = () => {
    const results = readResults(at);
    return JSON.parse(jsonReport(leaderboard(results), results, NOT_MEASURED)).sections[0];
  };
  const results = () => readResults(at);
  const board = () => leaderboard(results());
  return { runs: runs as [string, string, string], page, json, results, board };
};

/** Texts of the cells of the rows of a table whose names match. */
function cells(page: string, caption: string, ...names: readonly string[]): string[] {
  const [, table = ''] = new RegExp(`<caption> ${caption} </caption>(.*?)</table>`).exec(page) ?? [];
  const rows = table
    .split('<tr>')
    .map((row) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) =>
        cell!.replaceAll(/<[^>]*>/g, '').trim(),
      ),
    );
  return rows.find((row) => names.every((name, i) => row[i] === name)) ?? [];
}

/** The numbers of a drawn chart, a row for each place on its axis. */
function drawn(page: string, title: string): string[][] {
  const start = page.indexOf(`>${title}</title>`);
  expect(start).toBeGreaterThan(0);
  const rows = page
    .slice(page.indexOf('<tbody>', start), page.indexOf('</tbody>', start))
    .split('<tr>')
    .slice(1);
  return rows.map((row) => [...row.matchAll(/<t[hd][^>]*>([^<]*)</g)].map((cell) => cell[1]!));
}

describe('lesions in the report', () => {
  it('are means over the seeds, over all sizes and by size', () => {
    const { runs, page, json } = benchmark('lesions');
    putScores(runs[0], 'large'); // ce, seed 0: 1 of 3 found
    putScores(runs[2], 'two'); // ce, seed 1: 2 of 3 found, one invented
    putScores(runs[1], 'none'); // dice
    const text = page();
    const caption = 'Lesions by size';
    // Missed 2 and 1, invented 0 and 1; recall 1/3 and 2/3; p/q 4/8 and 7/8; precision 1 and 2/3; F1 1/2 and 2/3.
    expect(cells(text, caption, 'ce', 'lesion', 'all').slice(3)).toEqual([
      ...['3', '1.5 ± 0.7', '0.5 ± 0.7', '0.500 ± 0.236', '0.69 ± 0.27', '0.833 ± 0.236', '0.583 ± 0.118'],
      '0.533 ± 0.189', // PQ: (4/5) / 2 and 2 / 3
    ]);
    expect(cells(text, caption, 'ce', 'lesion', '2 to 5').slice(3)).toEqual([
      ...['1', '0.5 ± 0.7', '0.5 ± 0.7', '0.500 ± 0.707', '0.50 ± 0.71', '', '', ''],
    ]);
    expect(cells(text, caption, 'dice', 'lesion', 'all').slice(3)).toEqual([
      ...['3', '3.0', '0.0', '0.000', '0.00', 'n/a', '0.000', '0.000'],
    ]);
    // The lesion of 1 pixel is missed twice, that of 2 once; of the largest 4 and 5 of 5 pixels are predicted. A p/q of 0 is drawn at 0.01.
    const means = (score: string) => drawn(text, `${score} of the lesions of &quot;lesion&quot; by size`);
    expect(means('Recall')).toEqual([['1.4142', '0', '0'], ['3.1623', '0.5', '0'], ['5', '1', '0']]); // prettier-ignore
    expect(means('p/q')).toEqual([['1.4142', '0.01', '0.01'], ['3.1623', '0.5', '0.01'], ['5', '0.9', '0.01']]); // prettier-ignore
    expect(json().lesions[0]).toMatchObject({ row: 'ce', class: 'lesion', size: null, lesions: 3, missed: { mean: 1.5 }, recall: { mean: 0.5 } }); // prettier-ignore
    expect(json().lesions[1]).toMatchObject({ size: { from: 1, to: 2 }, missed: { mean: 1 } });
  });

  it('are absent where runs kept none', () => {
    expect(benchmark('old').page()).not.toContain('Lesions by size');
    expect(benchmark('old').json().lesions).toEqual([]);
  });
});

describe('a gate on lesion F1', () => {
  it('is the mean over the seeds, of the set and of a class', () => {
    const { runs, board, results } = benchmark('gate');
    putScores(runs[0], 'large');
    putScores(runs[2], 'two');
    const failures = (text: string) => checkGate(parseGate(text, board()), board(), results());
    // F1 1/2 and 2/3.
    expect(failures('lesion f1 of ce > 0.58')).toMatchObject([
      { where: 'ce', value: expect.closeTo(7 / 12, 9) },
    ]);
    expect(failures('lesion f1 of class lesion of ce < 0.58')).toEqual([]);
    // The run of dice has kept none: a number that does not exist fails.
    expect(failures('lesion f1 of dice < 0.1')).toMatchObject([{ value: NaN }]);
  });
});

describe('decodings and calibration in the report', () => {
  it('stand side by side, of the runs that were tested', () => {
    const { runs, page, json } = benchmark('tested');
    putTest(runs[0]);
    putTest(runs[2]);
    const text = page();
    // Dice 2·4/(8+4) and 2·7/(8+9); p/q 4/8 and 9/8; lesion F1 1/2 and 2/3.
    expect(cells(text, 'Decodings', 'ce', 'argmax').slice(2)).toEqual(['0.667 ± 0.000', '0.667 ± 0.000', '0.50 ± 0.00', '0.0 ± 0.0', '0.0 ± 0.0', '0.500 ± 0.000', '2']); // prettier-ignore
    expect(cells(text, 'Decodings', 'ce', 'volume').slice(2, 5)).toEqual(['0.824 ± 0.000', '0.824 ± 0.000', '1.13 ± 0.00']); // prettier-ignore
    // 8 pixels of 0.8 are all lesion, 8 of 0.2 all background: off by 0.2 in both bins. Σp = 8 = Σq.
    expect(cells(text, 'Calibration', 'ce', 'lesion', 'as predicted').slice(3)).toEqual([
      ...['0.2000 ± 0.0000', '0.2000 ± 0.0000', '0.2000 ± 0.0000', '1.00 ± 0.00', '2'],
    ]);
    expect(text).toContain('They are the same for every decoding');
    expect(json().decodings.map((one: { row: string; decoding: string; runs: number }) => [one.row, one.decoding, one.runs])).toEqual([['ce', 'argmax', 2], ['ce', 'volume', 2]]); // prettier-ignore
    expect(json().calibration[0].scores.ECE.mean).toBeCloseTo(0.2, 6);
  });

  it('leave lesion F1 out where runs found lesions in different ways', () => {
    const { runs, page, json } = benchmark('different');
    putTest(runs[0]);
    putTest(runs[2], { lesions: { iou: 0.1 } });
    expect(page()).toContain('different --lesions');
    expect(cells(page(), 'Decodings', 'ce', 'argmax')).toHaveLength(8);
    expect(json().decodings[0].scores['lesion F1'].mean).toBeNull();
    putTest(runs[0], { lesions: { iou: 0.1 } });
    expect(page()).toContain('found at an IoU above 0.1.');
    expect(json()).toMatchObject({ decodedLesions: { iou: 0.1 } });
    expect(cells(page(), 'Decodings', 'ce', 'argmax')).toHaveLength(9);
  });

  it('show calibrated probabilities next to those as predicted', () => {
    const { runs, page } = benchmark('calibrated');
    putTest(runs[0]);
    putTest(runs[0], { reliability: reliabilityOf(truth) }, 'test-val-calibrated');
    expect(cells(page(), 'Calibration', 'ce', 'lesion', 'calibrated').slice(3, 6)).toEqual(['0.0000', '0.0000', '0.0000']); // prettier-ignore
  });

  it.each<[string, object, boolean]>([
    ['other weights', { weightsSha256: ['other'] }, true],
    ['an older version', { weightsSha256: undefined }, true],
    ['several runs', { weightsSha256: ['abc', 'abc'] }, true],
    ['other data', { trainedOn: 0 }, false],
    ['other data, of which nobody knows', { trainedOn: null }, false],
  ])('leave out tests of %s', (name, more, said) => {
    const { runs, page } = benchmark(name.replaceAll(/\W/g, '-'));
    putTest(runs[0], more);
    const text = page();
    expect(text).not.toContain('Decodings');
    expect(text.includes('1 run left out here')).toBe(said);
  });

  it('are read from files of any run alone', () => {
    const { runs } = benchmark('single');
    putTest(runs[0]);
    expect(renderReport(readResults(runs[0]), 'segloss report')).toContain('<h3>Decodings</h3>');
    expect(readFileSync(path.join(runs[0], 'test-val.json'), 'utf8')).toContain('"volume"');
  });
});
