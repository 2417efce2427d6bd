// Gates of `segloss report --fail-if`, on numbers that are counted by hand, and the other forms of the report.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { checkGate, gateText, parseGate } from '../src/benchmark/gates.js';
import { jsonReport } from '../src/benchmark/json-report.js';
import { mergeResults, onlyRows } from '../src/benchmark/merge-results.js';
import { readResults } from '../src/benchmark/results.js';
import { NOT_MEASURED } from '../src/benchmark/measured-forces.js';
import { forceOf, sizeBins, type Force } from '../src/benchmark/size-bins.js';
import { leaderboard, rowName } from '../src/benchmark/table.js';
import { lossesAndSeeds } from './results-fixture.js';
import { richBenchmark } from './rich-fixture.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'segloss-gates-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

// ce finds 4 + 8 and 0 + 8 of 8 + 16 pixels, dice all of them in one run; the other diverged.
const results = readResults(lossesAndSeeds(path.join(root, 'small')));
const board = leaderboard(results);
const failures = (text: string) => checkGate(parseGate(text, board), board, results).map(gateText);

describe('a gate', () => {
  it.each([
    ['dice of ce < 0.6', ['--fail-if "dice of ce < 0.6": ce is 0.583']], // (24/36 + 16/32) / 2
    ['dice of ce < 0.58', []],
    ['Dice < 0.6', ['--fail-if "Dice < 0.6": ce is 0.583']],
    ['dice/image of ce <= 0.5', ['--fail-if "dice/image of ce <= 0.5": ce is 0.5']],
    [
      'hard p/q of class lesion of ce < 0.5',
      ['--fail-if "hard p/q of class lesion of ce < 0.5": ce is 0.417'],
    ], // (12/24 + 8/24) / 2
    ['missed of "ce" >= 0.5', ['--fail-if "missed of "ce" >= 0.5": ce is 0.5']],
    ['iou of dice > 0.99', ['--fail-if "iou of dice > 0.99": dice is 1']],
    ['unfinished > 0', ['--fail-if "unfinished > 0": runs is 1']],
    ['unfinished > 1', []],
  ])('%s', (text, expected) => {
    expect(failures(text)).toEqual(expected);
  });

  it('fails where its number does not exist', () => {
    // Two images make two parts, so that there is no smallest quarter.
    expect(failures('hard p/q of the smallest quarter of ce < 0.1')).toEqual([
      '--fail-if "hard p/q of the smallest quarter of ce < 0.1": ce has no such number, so the condition cannot be checked',
    ]);
  });

  it.each([
    ['dise < 0.6', /unknown metric "dise", did you mean "dice"\?/],
    ['dice of cee < 0.6', /unknown row "cee", did you mean "ce"\?/],
    ['dice on nuclei < 0.6', /unknown data set "nuclei"/],
    ['hard p/q of the smalest quarter < 1', /unknown quarter "smalest", did you mean "smallest"\?/],
    ['dice of class lesoin < 1', /unknown class "lesoin", did you mean "lesion"\?/],
    ['dice of the smallest quarter < 1', /dice has no value by size; missed, soft p\/q, hard p\/q have/],
    ['dice of ce of dice < 1', /wanted one row, got "ce" and "dice"/],
    ['dice < many', /wanted a number after <, got "many"/],
    ['dice = 3', /wanted one of < <= > >= and a number/],
    ['dice < 0.5 < 0.6', /unknown metric|wanted/],
    ['unfinished of ce > 0', /takes no row/],
    ['', /wanted one of/],
  ])('refuses %j', (text, message) => {
    expect(() => parseGate(text, board)).toThrow(message);
  });
});

describe('several data sets', () => {
  const rich = readResults(richBenchmark(path.join(root, 'rich')));
  const tables = leaderboard(rich);

  it('have gates for the regions of one size, each loss and each data set', () => {
    const gate = parseGate('hard p/q of the smallest quarter of dice on vessels < 0.8', tables);
    const [failure] = checkGate(gate, tables, rich);
    const row = tables.sections[0]!.rows.find((one) => rowName(one) === 'dice')!;
    const quarters = sizeBins(row.replicates, 1);
    expect(quarters.map(({ name, images }) => [name, images])).toEqual([['smallest quarter', 4], ['second quarter', 4], ['third quarter', 4], ['largest quarter', 4]]); // prettier-ignore
    // The four smallest regions by hand: predicted over true pixels, summed over images and seeds.
    const cases = row.replicates.map((replicate) => replicate.cases().slice(0, 4));
    const sum = (of: 'predicted' | 'target') =>
      cases.flat().reduce((total, { classes }) => total + classes[1]![of], 0);
    expect(failure!.where).toBe('dice on vessels');
    expect(failure!.value).toBeCloseTo(sum('predicted') / sum('target'), 12);
    expect(checkGate(parseGate('hard p/q of the smallest quarter < 0.01', tables), tables, rich)).toEqual([]);
  });

  it('are in the JSON, with intervals, pairs and ranks', () => {
    const report = JSON.parse(jsonReport(tables, rich, NOT_MEASURED)) as { sections: { pairs: object[]; rows: { name: string; scores: Record<string, { interval: number[] }> }[] }[]; ranks: object[]; unfinished: object[] }; // prettier-ignore
    expect(report.sections.map(({ pairs }) => pairs.length)).toEqual([3, 3]);
    expect(report.ranks).toHaveLength(3);
    expect(report.unfinished).toHaveLength(1);
    const [low, high] = report.sections[0]!.rows[0]!.scores['Dice/image']!.interval;
    expect(low).toBeLessThan(high!);
  });

  it('of two folders stand in one table, and two rows can be chosen', () => {
    const merged = mergeResults([results, readResults(lossesAndSeeds(path.join(root, 'other')))]);
    expect(leaderboard(merged).sections[0]!.rows.filter(({ constant }) => !constant).map(rowName)).toEqual(['small, ce', 'small, dice', 'other, ce', 'other, dice']); // prettier-ignore
    const two = leaderboard(onlyRows(rich, ['ce', 'dice'])).sections[0]!;
    expect(two.rows.filter(({ constant }) => !constant).map(rowName)).toEqual(['ce', 'dice']);
    expect(two.statistics!.comparisons).toHaveLength(1); // one pair, so that nothing is corrected
    expect(two.statistics!.comparisons[0]!.adjustedP).toBe(two.statistics!.comparisons[0]!.test.p);
  });
});

describe('the force of a loss', () => {
  it('agrees with the theory: cross-entropy pulls towards the true size with force p - q, Dice pulls away from it', () => {
    // Cross-entropy: d/dp KL(q, p) * p (1 - p) = p - q.
    const theory = (spec: string) => forceOf(spec, 0.05) as Force;
    expect(theory('ce').half).toBeCloseTo(1, 5);
    expect(theory('2*ce').half).toBeCloseTo(2, 5);
    expect(theory('ce').preferred).toBe(1);
    expect(theory('dice').preferred).toBe(0);
    expect(theory('dice').half).toBeLessThan(0);
    expect(forceOf('ce + focal', 0.05)).toEqual({
      reason: 'ce + focal: no closed form of focal',
    });
    for (const truth of [0, 1]) expect(forceOf('ce', truth)).toEqual({ reason: 'ce: every pixel is of the class, or none' }); // prettier-ignore
    expect(forceOf('./mine.ts#loss', 0.05)).toEqual({
      reason: expect.stringContaining('./mine.ts#loss: a module of your own'),
    });
  });
});
