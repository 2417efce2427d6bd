import { describe, expect, it } from '@jest/globals';
import { panelChart, panelTable, type PanelChartOptions } from '@segloss/charts';

const panel = (title: string, top: number) => ({
  title,
  series: [
    { name: 'ce', points: [[0, 0], [1, top]] as const, dots: [[1, top]] as const }, // prettier-ignore
    { name: 'dice', points: [], intervals: [[0.5, 0.25 * top, 0.75 * top]] as const },
  ],
});
const chart = (more: Partial<PanelChartOptions> = {}): PanelChartOptions => ({
  title: 'Penalty',
  description: 'Four proportions.',
  x: { label: 'p' },
  y: { label: 'penalty' },
  panels: [panel('q = 1 %', 1), panel('q = 5 %', 10), panel('q = 20 %', 100), panel('q = 60 %', 1000)],
  ...more,
});
const dots = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as const,
  );

describe('panelChart', () => {
  it('places the panels in rows of three, each with a range of its own', () => {
    const places = dots(panelChart(chart()));
    expect(places).toHaveLength(4);
    const [a, b, c, d] = places as [number, number][] as [[number, number], [number, number], [number, number], [number, number]]; // prettier-ignore
    expect(a[0]).toBeLessThan(b[0]);
    expect(b[0]).toBeLessThan(c[0]);
    expect([b[1], c[1]]).toEqual([a[1], a[1]]); // 1, 10 and 100 all reach the top
    expect(d[0]).toBe(a[0]);
    expect(d[1] - a[1]).toBe(210);
  });

  it('shares a range that is given', () => {
    const [a, b] = dots(panelChart(chart({ y: { label: 'penalty', domain: [0, 1000] } })));
    expect(a![1]).toBeGreaterThan(b![1]);
  });

  it('draws error bars from low to high in place', () => {
    const svg = panelChart(chart({ panels: [panel('one', 1)] }));
    const [, x, low, high] = /d="M([\d.]+),([\d.]+)V([\d.]+)M/.exec(svg)!.map(Number);
    const [dot] = dots(svg);
    expect(x).toBeLessThan(dot![0]);
    expect(low).toBeGreaterThan(high!);
    expect(high).toBeGreaterThan(dot![1]);
  });

  it('has one legend, one title, and a title for each panel', () => {
    const svg = panelChart(chart());
    expect(svg.match(/>ce</g)).toHaveLength(1);
    expect(svg.match(/<title>/g)).toHaveLength(1);
    expect(svg).toContain('>q = 60 %</text>');
  });

  it('wants the same series in every panel', () => {
    const odd = { title: 'odd', series: [{ name: 'ce', points: [] }] };
    expect(() => panelChart(chart({ panels: [panel('one', 1), odd] }))).toThrow(
      /wanted the series of the first panel \(ce, dice\) in every panel, got ce in "odd"/,
    );
    expect(() => panelChart(chart({ panels: [] }))).toThrow(RangeError);
  });
});

it('panelTable has a row for each panel and x', () => {
  const html = panelTable(chart());
  expect(html.match(/<tr>/g)).toHaveLength(1 + 4 * 2);
  expect(html).toContain('<th scope="row">q = 60 %</th><td>1</td><td>1000</td><td>–</td>');
});
