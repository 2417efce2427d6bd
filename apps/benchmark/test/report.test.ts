import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { parseLoss } from '@segloss/losses';
import { decode } from 'fast-png';

import { NOT_MEASURED } from '../src/benchmark/measured-forces.js';
import { renderReport } from '../src/benchmark/report/page.js';
import { penaltyCharts } from '../src/benchmark/report/penalties.js';
import { sizePenalty } from '../src/page/size-penalty.js';
import { verdict } from '../src/benchmark/report/verdict.js';
import { readResults } from '../src/benchmark/results.js';
import { resamplesFor, type RowStatistics } from '../src/benchmark/comparisons.js';
import { fewerResamples, leaderboard, type Row } from '../src/benchmark/table.js';
import { curvesOf, diceChart, type RowCurves } from '../src/benchmark/report/curves.js';
import { sizeChartOptions } from '../src/benchmark/report/size-chart.js';
import { writeReport } from '../src/benchmark/write-report.js';
import { html } from '../src/page/html.js';
import { lossesAndSeeds, writeBenchmark, writeRun, type FixtureRun } from './results-fixture.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'segloss-report-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const folder = () => path.join(root, String(count++));

const results = readResults(lossesAndSeeds(folder()));
const page = renderReport(results, 'segloss benchmark -c <x>');

/** A benchmark of losses with these runs, all finished. */
const finished = (runs: Record<string, [number, number][]>) => {
  const axes = [
    { key: 'loss', title: 'loss', labels: Object.keys(runs) },
    { key: 'seed', title: 'seed', labels: ['0', '1'] },
  ];
  const cells = Object.entries(runs).flatMap(
    ([loss, seeds]) =>
    seeds.map((predicted, seed): FixtureRun => ({ labels: { loss, seed: String(seed) }, loss, state: 'finished', predicted })), // prettier-ignore
  );
  const read = readResults(writeBenchmark(folder(), axes, cells));
  return verdict(leaderboard(read), read);
};

describe('the report', () => {
  it('needs no network, and no script but its own', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script |<link|@import|url\((?!#)|\bon\w+="/i);
    expect(page.match(/<script>/g)).toHaveLength(1);
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url!);
    expect(
      addresses.filter(
        (url) => !/^data:(image\/png;base64|text\/csv;charset=utf-8),/.test(url) && !url.startsWith('#'),
      ),
    ).toEqual([]);
  });

  it('escapes what comes from the data, and shows control characters', () => {
    expect(page).toContain('blobs &lt;b&gt;');
    expect(page).not.toContain('blobs <b>');
    expect(page).toContain('segloss benchmark -c &lt;x&gt;');
    expect(html`<p title="${'"<&\u001b'}">${['<i>', html`<b>x</b>`]}</p>`.text).toBe(
      '<p title="&quot;&lt;&amp;\\x1b">&lt;i&gt;<b>x</b></p>',
    );
  });

  it('holds the table, every chart, the failed run and the method', () => {
    for (const text of [
      '0.583 <span class="deviation">± 0.118</span>',
      'Validation Dice',
      'p/q of &quot;lesion&quot;, soft',
      'p/q of &quot;lesion&quot;, hard',
      'Marginal penalty',
      'Runs that have not finished',
      'term dice is NaN at epoch 1',
      'cpu: requested',
      '1.2.3',
      'epochs: 2 # fixture.yaml:3',
      'lesion 18.75 % of the validation images',
    ]) {
      expect(page).toContain(text);
    }
    expect(page.match(/<svg/g)!.length).toBe(1 + 1 + 1 + 3 + 2 + 1); // where trainings ended, bias, pairs, curves, terms, penalty
  });

  it('shows an image and its prediction for each loss, as PNG of the right size, also of old folders', () => {
    const urls = [...page.matchAll(/data:image\/png;base64,([^"]+)/g)].map(([, data]) => data!);
    expect(urls).toHaveLength(2 * 2);
    const pictures = urls.map((url) => decode(Buffer.from(url, 'base64')));
    expect(pictures.map(({ width, height, channels }) => [width, height, channels])).toEqual(
      Array(4).fill([8, 8, 3]),
    );
    const [image, ce, same, dice] = pictures;
    expect(same!.data).toEqual(image!.data);
    // ce misses pixels 4 to 7 of the lesion, dice finds them all; the last pixel is background for both.
    const pixel = (picture: typeof image, at: number) => Array.from(picture!.data.slice(at * 3, at * 3 + 3));
    expect(pixel(ce, 5)).not.toEqual(pixel(dice, 5));
    expect(pixel(ce, 63)).toEqual(pixel(image, 63));
  });

  it('has predictions and training of every data set', () => {
    const axes = [{ key: 'data.folder', title: 'data', labels: ['one', 'two'] }];
    const runs = ['one', 'two'].map((data): FixtureRun => ({
      labels: { data },
      loss: 'ce',
      state: 'finished',
    }));
    const both = renderReport(readResults(writeBenchmark(folder(), axes, runs)), 'x');
    for (const title of ['Training on one', 'Training on two', 'Predictions on two'])
      expect(both).toContain(title);
  });

  it('is made even if no run has finished', () => {
    const axes = [{ key: 'loss', title: 'loss', labels: ['ce', 'dice'] }];
    const runs: FixtureRun[] = [
      { labels: { loss: 'ce' }, loss: 'ce', state: 'missing' },
      { labels: { loss: 'dice' }, loss: 'dice', state: 'running' },
    ];
    const empty = renderReport(readResults(writeBenchmark(folder(), axes, runs)), 'x');
    expect(empty).toContain('No run has finished');
    expect(empty).toContain('not trained yet');
    expect(empty).toContain('training now, or killed');
  });

  it('of one run is written next to its files', () => {
    const run = folder();
    writeRun(run, { labels: {}, loss: 'ce', state: 'finished' });
    const file = writeReport(readResults(run), 'segloss train');
    expect(file).toBe(path.join(run, 'report.html'));
    expect(readFileSync(file, 'utf8')).toContain('<code>ce</code>');
    expect(existsSync(path.join(run, 'table.md'))).toBe(false);
  });

  it('says what a folder lacks', () => {
    expect(() => readResults(root)).toThrow(
      /wanted the folder of a benchmark \(benchmark\.json\) or of a run/,
    );
  });
});

describe('the verdict', () => {
  it('names the best loss, the distance to the next, and which losses are too small', () => {
    const [first, ...rest] = verdict(leaderboard(results), results);
    expect(first).toMatch(
      /^dice has the highest validation Dice per image, 1\.000 \[1\.000, 1\.000\] over 1 training .*; ce is 0\.333 \[0\.333, 0\.333\] behind, and 2 images .*smallest possible p 0\.500/,
    );
    expect(rest.join(' ')).toContain('too small with ce (0.42)');
    expect(rest.join(' ')).toContain('within 10 % of the truth with dice (1.00)');
    expect(rest.join(' ')).toContain('1 of 4 runs has not finished');
  });

  it('calls an order within the spread of the seeds inconclusive', () => {
    const runs = { ce: [[8, 16], [4, 8]], dice: [[8, 15], [4, 8]] } satisfies Record<string, [number, number][]>; // prettier-ignore
    expect(finished(runs)[0]).toContain('inconclusive');
  });

  it('does not call a significant difference of the images chance, where other seeds could reverse the order', () => {
    const board = leaderboard(results);
    const sections = board.sections.map((section) => {
      const comparisons = section.statistics!.comparisons.map((one) => ({
        ...{ ...one, adjustedP: 0.0004, distinguishable: false },
        difference: { ...one.difference, mean: -0.07, interval: [-0.37, 0.21] as const },
        test: { ...one.test, pairs: 48, smallestP: 1e-10 },
      }));
      return { ...section, statistics: { ...section.statistics!, comparisons } };
    });
    const [first] = verdict({ sections }, results);
    expect(first).toMatch(/inconclusive, because other seeds could reverse the order .* \(p < 0\.001\)/);
    expect(first).not.toContain('chance can explain');
  });

  it('says so when a constant prediction is as good', () => {
    const text = finished({ ce: [[0, 1], [1, 0]], dice: [[0, 0], [0, 0]] }).join(' '); // prettier-ignore
    expect(text).toContain('Nothing beats the constant prediction "all lesion" (Dice per image 0.311)');
  });
});

describe('curves', () => {
  /** A run whose epochs have this Dice, and as much of the lesion as this of the truth. */
  const run = (epochs: readonly (readonly [dice: number, ratio: number])[]) => ({
    metrics: () => ({
      lines: epochs.map(([dice, ratio], epoch) => ({
        ...{ epoch, loss: 2 * dice, terms: { ce: dice, l1: 3 * dice } },
        val: {
          loss: dice,
          foregroundDice: dice,
          truth: [0.9, 0.1],
          soft: [0.9, 0.1 * ratio],
          hard: [0.9, 0],
        },
      })),
    }),
  });
  const row = { names: ['ce + l1'], results: [run([[0.2, 1], [0.3, 1]]), run([[0.6, 3], [NaN, 1], [0.5, 1]]), { metrics: () => undefined }] } as unknown as Row; // prettier-ignore
  const [curves] = curvesOf([row, { names: ['none'], results: [] } as unknown as Row], 1) as [RowCurves, ...RowCurves[]]; // prettier-ignore
  const rowsOf = ({ text }: { readonly text: string }) =>
    [...text.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, cells]) => [...cells!.matchAll(/<t[hd][^>]*>([^<]*)/g)].map(([, cell]) => cell)); // prettier-ignore

  it('are means over the runs that have the epoch, with their range', () => {
    const data = rowsOf(diceChart([curves])).filter(([epoch]) => /^\d+$/.test(epoch!));
    expect(data.map((cells) => cells.map(Number))).toEqual([
      [1, 0.4],
      [2, 0.3],
      [3, 0.5],
    ]);
    expect(curves.dice.get(1)).toMatchObject({ count: 2, low: 0.2, high: 0.6 });
    expect([...curves.soft].map(([epoch, { sum, count }]) => [epoch, Number((sum / count).toFixed(9))])).toEqual([[1, 2], [2, 1], [3, 1]]); // prettier-ignore
    expect(curves.hard.get(1)).toMatchObject({ low: 0.01, high: 0.01 }); // a logarithmic axis has no 0
    expect([...curves.terms.keys()]).toEqual(['ce', 'l1']);
    expect(curves.terms.get('l1')!.get(1)!.sum).toBeCloseTo(2.4, 12);
  });
});

describe('the chart of sizes', () => {
  const sizes = (count: number) => Array.from({ length: count }, (_, i) => ({ set: '', name: i % 2 ? 'ce' : 'dice', soft: 1, hard: (i + 1) / count, spill: 0 })); // prettier-ignore
  const dots = (count: number) => sizeChartOptions(sizes(count)).groups[0]!.rows.flatMap(({ strips }) => strips.map(({ values }) => values)); // prettier-ignore

  it('has a dot for each training, and of very many some, from the smallest to the largest', () => {
    expect(dots(700).map(({ length }) => length)).toEqual([350, 350, 350, 350]);
    const [, dice] = dots(100_000) as [unknown, readonly number[]];
    expect(dots(100_000).map(({ length }) => length)).toEqual([375, 375, 375, 375]);
    expect([dice[0], dice.at(-1)]).toEqual([0, (100_000 - 1) / 100_000]); // below a twentieth a region counts as gone
    expect(dice[187]).toBeCloseTo(0.5, 4);
    expect(sizeChartOptions(sizes(100_000)).title).toContain('up to 375 trainings of each row');
  });
});

describe('marginal penalties', () => {
  const curve = (spec: string) => sizePenalty(parseLoss(spec), 0.03);

  it('are least at the true proportion, except where the loss prefers no region', () => {
    expect(curve('ce').minimizer).toBe(0.03);
    expect(curve('ce + 0.1*l1(temperature=10)').minimizer).toBe(0.03);
    const dice = curve('dice');
    expect(dice.minimizer).toBe(0);
    expect(Math.min(...dice.points.map(([, value]) => value))).toBe(0);
  });

  it('leave out terms without a closed form, and say so', () => {
    expect(curve('ce + focal').unknown).toEqual(['focal']);
    const rows = penaltyCharts(['ce', 'dice', 'ce + focal', 'focal'], 'lesion', 0.03, NOT_MEASURED).text.replace(/\s+/g, ' ').split('<tr>'); // prettier-ignore
    const cells = (spec: string) => rows.find((row) => row.includes(`<th scope="row"><code>${spec}</code>`))!.match(/(?<=<td[^>]*>)[^<]*/g); // prettier-ignore
    expect(cells('ce')).toEqual(['3 %', '1.00', '', 'n/a']);
    expect(cells('dice')).toEqual(['0 %', '0.00', '', 'n/a']);
    expect(cells('focal')).toEqual(['no closed form', 'n/a', '', 'n/a']);
    expect(rows.join()).toMatch(/<code>ce \+ focal<\/code><\/th><td[^>]*>3 % <small>without focal<\/small>/);
  });
});

const none: Omit<RowStatistics, 'resamples'> = { tables: [], means: [], comparisons: [], best: undefined };

describe('the number of resamples', () => {
  it('is reported only below 2000', () => {
    expect(fewerResamples([{ title: '', statistics: { ...none, resamples: 2000 } }], undefined)).toEqual([]);
    expect(
      fewerResamples([{ title: 'a', statistics: { ...none, resamples: 1992 } }], { resamples: 400 }),
    ).toEqual([
      expect.stringMatching(/^Intervals on a: from 1992 bootstrap resamples instead of 2000/),
      expect.stringMatching(/^Intervals of ranks: from 400 /),
    ]);
  });

  it('falls with the number of scores', () => {
    // 2000 * 500000 / 502000 = 1992.03
    expect([0, 500_000, 502_000, 1e9].map(resamplesFor)).toEqual([2000, 2000, 1992, 200]);
  });
});
