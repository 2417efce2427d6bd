import { describe, expect, it } from '@jest/globals';
import { scatterChart, type ScatterChartOptions } from '@segloss/charts';

const chart = (more: Partial<ScatterChartOptions> = {}): string =>
  scatterChart({
    title: 'Size & "share"',
    description: 'Two runs.',
    x: { label: 'true', scale: 'log' },
    y: { label: 'predicted', scale: 'log' },
    series: [
      { name: 'a', points: [{ x: 0.01, y: 0.02, label: 'case <1>' }, { x: 0.1, y: 0 }] }, // prettier-ignore
      { name: 'b', points: [{ x: 0.1, y: 0.1 }, { x: NaN, y: 1 }, { x: -1, y: 1 }] }, // prettier-ignore
    ],
    ...more,
  });

/** Places and looks of the points; those of the legend are last. */
const points = (svg: string) =>
  [
    ...svg.matchAll(
      /<path d="([^"]+)" transform="translate\(([\d.]+) ([\d.]+)\)" stroke="([^"]+)" fill="([^"]+)"/g,
    ),
  ].map(([, form, x, y, stroke, fill]) => ({ form, x: Number(x), y: Number(y), stroke, fill }));

describe('scatterChart', () => {
  it('draws what the axes can show, each kind in a color and a form of its own', () => {
    const [first, zero, other, ...legend] = points(chart());
    expect(legend).toHaveLength(2);
    expect(first!.x).toBeLessThan(other!.x);
    expect(first!.y).toBeGreaterThan(other!.y);
    expect(zero!.form).toBe(first!.form);
    expect(other!.form).not.toBe(first!.form);
    expect(other!.stroke).not.toBe(first!.stroke);
    expect(chart()).not.toMatch(/NaN|Infinity/);
  });

  it('puts 0 on the low edge of a logarithmic axis, without fill', () => {
    const [first, zero] = points(chart());
    expect(zero).toMatchObject({ y: 356, fill: 'none' });
    expect(first!.fill).not.toBe('none');
    const linear = points(chart({ y: { label: 'p', domain: [-1, 1] } }));
    expect(linear[1]).toMatchObject({ y: (34 + 356) / 2 });
    expect(linear[1]!.fill).not.toBe('none');
  });

  it('has points with x = y on the diagonal', () => {
    const svg = chart({ diagonal: 'p = q', series: [{ name: 'a', points: [{ x: 0.02, y: 0.02 }, { x: 0.3, y: 0.003 }] }] }); // prettier-ignore
    expect(svg).toContain('>p = q</text>');
    const [on, off] = points(svg);
    const along = ({ x, y }: { x: number; y: number }) => (x - 66) / (620 - 66) - (356 - y) / (356 - 34);
    expect(along(on!)).toBeCloseTo(0, 3);
    expect(along(off!)).toBeGreaterThan(0.2);
  });

  it('escapes text, names points, and says where there is nothing', () => {
    expect(chart()).toContain('<title>case &lt;1&gt;</title>');
    expect(chart()).toContain('<title>Size &amp; &quot;share&quot;</title>');
    expect(chart({ series: [] })).toContain('no data');
    expect(chart({ series: [{ name: 'a', points: [{ x: 0, y: 0 }] }] })).not.toMatch(/NaN|Infinity/);
  });
});
