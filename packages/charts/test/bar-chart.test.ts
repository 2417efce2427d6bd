import { describe, expect, it } from '@jest/globals';
import { barChart, barTable, type BarChartOptions } from '@segloss/charts';

const chart = (more: Partial<BarChartOptions> = {}): BarChartOptions => ({
  title: 'Predicted / true <size>',
  description: 'Two losses.',
  categories: ['ce', 'dice', 'none'],
  value: { label: 'p/q', scale: 'log' },
  series: [
    { name: 'soft', bars: [{ value: 2 }, { value: 0.5, low: 0.25, high: 1 }, { value: NaN }] },
    { name: 'hard', bars: [{ value: 1 }, { value: 0 }, { value: 4 }] },
  ],
  ...more,
});

const attribute = (text: string, name: string) => Number(new RegExp(` ${name}="([^"]+)"`).exec(text)![1]);
/** Bars of a series from left to right end, in the order of the rows. */
const bars = (svg: string, series: number) =>
  [
    ...svg.matchAll(new RegExp(`<rect (x="[^>]*height="13" fill="url\\(#segloss-area-${series}\\)")`, 'g')),
  ].map(([rect]) => [attribute(rect, 'x'), attribute(rect, 'x') + attribute(rect, 'width')] as const);

describe('barChart', () => {
  it('says its title and description, with special characters escaped', () => {
    const svg = barChart(chart());
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>Predicted / true &lt;size&gt;</title><desc>Two losses.</desc>');
  });

  it('starts at 1 on a log axis, where half is as long as double, and 0 reaches the left end', () => {
    const svg = barChart(chart());
    const [double, half] = bars(svg, 0);
    const [one, zero, four] = bars(svg, 1);
    const base = double![0];
    expect(half![1]).toBeCloseTo(base, 1);
    expect(half![1] - half![0]).toBeCloseTo(double![1] - double![0], 1);
    expect(four![1] - four![0]).toBeCloseTo(2 * (double![1] - double![0]), 1);
    expect(one![1] - one![0]).toBeLessThanOrEqual(1);
    expect(zero![0]).toBeLessThan(half![0]);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('is proportional to the value on a linear axis, to both sides of 0', () => {
    const series = [{ name: 'bias', bars: [{ value: -1 }, { value: 3 }, { value: 1 }] }];
    const [minus, three, one] = bars(barChart(chart({ series, value: { label: 'voxels' } })), 0);
    const length = ([from, to]: readonly [number, number]) => to - from;
    expect(length(three!) / length(one!)).toBeCloseTo(3, 1);
    expect(minus![1]).toBeCloseTo(one![0], 1);
  });

  it('prints every number with its interval, and n/a for what is none', () => {
    const svg = barChart(chart());
    expect(svg).toContain('>0.5 (0.25 to 1)</text>');
    expect(svg.match(/>n\/a</g)).toHaveLength(1);
    expect(bars(svg, 0)).toHaveLength(2);
  });

  it('draws an error bar from low to high', () => {
    const svg = barChart(chart());
    const [, from, to] = /d="M([\d.]+),[\d.]+H([\d.]+)M[^"]*" fill="none" stroke="#111"/
      .exec(svg)!
      .map(Number);
    const [double] = bars(svg, 0);
    const unit = double![1] - double![0]; // a factor of 2
    expect(to).toBeCloseTo(double![0], 1);
    expect(to! - from!).toBeCloseTo(2 * unit, 1);
  });

  it('tells series apart by hatching too, and names them below', () => {
    const svg = barChart(chart());
    const patterns = [...svg.matchAll(/<pattern id="([^"]+)".*?<path d="([^"]*)"/g)];
    expect(new Set(patterns.map(([, , hatch]) => hatch)).size).toBe(2);
    expect(svg).toContain('>hard</text>');
  });

  it('wants one bar for each category', () => {
    const series = [{ name: 'soft', bars: [{ value: 1 }] }];
    expect(() => barChart(chart({ series }))).toThrow(
      new RangeError('barChart: wanted 3 bars, one for each category, got 1 in "soft"'),
    );
  });
});

it('barTable has a row for each category and a column for each series', () => {
  const html = barTable(chart());
  expect(html).toContain('<th scope="row">dice</th><td>0.5 (0.25 to 1)</td><td>0</td>');
  expect(html).toContain('<th scope="col">hard</th>');
});
