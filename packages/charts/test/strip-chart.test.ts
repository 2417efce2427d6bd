import { describe, expect, it } from '@jest/globals';
import { stripChart, type StripChartOptions } from '@segloss/charts';

const chart = (values: readonly number[], more: Partial<StripChartOptions> = {}): StripChartOptions => ({
  title: 'Predicted / true <size>',
  description: 'One dot a training.',
  value: { label: 'p/q', scale: 'log', domain: [0.1, 10] },
  kinds: ['hard'],
  groups: [{ title: 'rare', rows: [{ name: 'dice', strips: [{ values }] }] }],
  ...more,
});

/** Centers of the dots, without the one in the legend. */
const centers = (svg: string) =>
  [...svg.matchAll(/<circle cx="([^"]+)" cy="([^"]+)"/g)]
    .slice(0, -1)
    .map(([, x, y]) => [Number(x), Number(y)] as const);

describe('stripChart', () => {
  it('places values by their logarithm, and 0 left of the axis', () => {
    const [zero, low, middle, high] = centers(stripChart(chart([10, 0.1, 1, 0]))).map(([x]) => x);
    expect(middle! - low!).toBeCloseTo(high! - middle!, 1);
    expect(zero!).toBeLessThan(low!);
  });

  it('draws every value once, also equal ones', () => {
    const dots = centers(stripChart(chart([1, 1, 1, 1])));
    expect(dots).toHaveLength(4);
    expect(new Set(dots.map(([, y]) => y)).size).toBeGreaterThan(1);
  });

  it('marks what lies beyond the domain by arrows, and leaves out what is not finite', () => {
    const svg = stripChart(chart([1, 200, 0.001, NaN, Infinity]));
    expect(centers(svg)).toHaveLength(1);
    expect(svg.match(/<path/g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('says its title and names rows and groups, escaped', () => {
    const svg = stripChart(chart([1], { groups: [{ title: 'a & b', rows: [{ name: '<dice>', strips: [{ values: [1] }] }] }] })); // prettier-ignore
    expect(svg).toContain('<title>Predicted / true &lt;size&gt;</title><desc>One dot a training.</desc>');
    expect(svg).toContain('a &amp; b');
    expect(svg).toContain('&lt;dice&gt;');
  });

  it('refuses rows without a strip for each kind', () => {
    expect(() => stripChart(chart([1], { kinds: ['soft', 'hard'] }))).toThrow(
      /wanted 2 strips.*got 1 in "dice"/,
    );
    expect(() => stripChart(chart([1], { kinds: [] }))).toThrow(/one or two kinds/);
  });
});
