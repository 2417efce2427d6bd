import { describe, expect, it } from '@jest/globals';
import { simplexChart, simplexTable, type Proportions, type SimplexChartOptions } from '@segloss/charts';

const steps = 6;
/** The lattice of proportions in sixths; the value is the distance from `q`, the flow points there. */
const q: Proportions = [0.5, 0.5, 0];
const points = Array.from({ length: steps + 1 }, (_, i) =>
  Array.from({ length: steps + 1 - i }, (_, j) => {
    const p = [i / steps, j / steps, (steps - i - j) / steps] as const;
    return {
      p,
      value: p.reduce((sum, share, k) => sum + Math.abs(share - q[k]!), 0),
      flow: p.map((share, k) => q[k]! - share) as unknown as Proportions,
    };
  }),
).flat();

const chart = (more: Partial<SimplexChartOptions> = {}): SimplexChartOptions => ({
  title: 'l1 of <three>',
  description: 'Least at the truth.',
  corners: ['road', 'sky', 'tree'],
  value: 'penalty',
  points,
  marks: [
    { p: q, label: 'minimum', kind: 'minimum' },
    { p: [0, 0, 1], label: 'truth', kind: 'truth' },
  ],
  ...more,
});
const cells = (svg: string) =>
  [...svg.matchAll(/<polygon points="([^"]+)" fill="(#\w+)"/g)].map(([, text, fill]) => ({
    fill: fill!,
    corners: text!.split(' ').map((pair) => pair.split(',').map(Number) as [number, number]),
  }));
const area = (corners: readonly (readonly [number, number])[]) =>
  Math.abs(corners.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    return sum + (x * nextY - nextX * y) / 2;
  }, 0)); // prettier-ignore

describe('simplexChart', () => {
  it('fills the triangle with the cells of the points, without overlap', () => {
    const drawn = cells(simplexChart(chart()));
    expect(drawn).toHaveLength(points.length);
    const side = 480 - 2 * 56;
    const whole = (Math.sqrt(3) / 4) * side ** 2;
    const sum = drawn.reduce((total, { corners }) => total + area(corners), 0);
    expect(Math.abs(sum / whole - 1)).toBeLessThan(1e-3);
  });

  it('is darkest at the least value and lightest at the greatest', () => {
    const drawn = cells(simplexChart(chart()));
    const fillAt = (value: (list: number[]) => number) => {
      const values = points.map((point) => point.value);
      return drawn[values.indexOf(value(values))]!.fill;
    };
    expect(fillAt((values) => Math.min(...values))).toBe('#2c7fb8');
    expect(fillAt((values) => Math.max(...values))).toBe('#f5fafd');
  });

  it('has shades of as many points each, whatever the values', () => {
    const steep = chart({ points: points.map((point, i) => ({ ...point, value: 10 ** i })) });
    const counts = new Map<string, number>();
    for (const { fill } of cells(simplexChart(steep))) counts.set(fill, (counts.get(fill) ?? 0) + 1);
    expect([...counts.values()]).toEqual([4, 4, 4, 4, 4, 4, 4]);
  });

  it('places marks at the weighted mean of the corners', () => {
    const svg = simplexChart(chart());
    const [, x, y] = /<circle cx="([\d.]+)" cy="([\d.]+)" r="6"/.exec(svg)!.map(Number);
    expect(x).toBeCloseTo(240, 1); // the middle of the base
    expect(y).toBeCloseTo(50 + (Math.sqrt(3) / 2) * 368, 1);
    for (const name of ['>all road<', '>all sky<', '>all tree<', '>minimum<', '>truth<']) expect(svg).toContain(name); // prettier-ignore
  });

  it('draws the flow towards the minimum, and no arrow where there is none', () => {
    const svg = simplexChart(chart());
    const path = / d="([^"]+)" fill="none" stroke="#111" stroke-width="1.1"/.exec(svg)![1]!;
    const arrows = [...path.matchAll(/M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)M/g)].map((m) => m.slice(1).map(Number)); // prettier-ignore
    expect(arrows).toHaveLength(points.length - 1);
    const middle = [240, 50 + (Math.sqrt(3) / 2) * 368];
    const distance = (x: number, y: number) => Math.hypot(x - middle[0]!, y - middle[1]!);
    for (const [x1, y1, x2, y2] of arrows) expect(distance(x2!, y2!)).toBeLessThan(distance(x1!, y1!));
    const still = chart({ points: points.map(({ p, value }) => ({ p, value })) });
    expect(simplexChart(still)).not.toContain('stroke-width="1.1"');
  });

  it('leaves out what is not finite, and draws a constant', () => {
    const holes = chart({ points: points.map((point, i) => (i < 3 ? { ...point, value: Infinity } : point)) }); // prettier-ignore
    expect(cells(simplexChart(holes))).toHaveLength(points.length - 3);
    expect(simplexChart(holes)).not.toMatch(/NaN|Infinity/);
    const flat = simplexChart(chart({ points: points.map(({ p }) => ({ p, value: 1 })) }));
    expect(new Set(cells(flat).map(({ fill }) => fill)).size).toBe(1);
    expect(simplexChart(chart({ points: [] }))).toContain('no data');
  });

  it('refuses what are no proportions', () => {
    const wrong = { p: [0.5, 0.6, 0] as const, value: 1 };
    expect(() => simplexChart(chart({ points: [wrong] }))).toThrow(
      new RangeError('simplexChart: wanted proportions of at least 0 with the sum 1, got [0.5, 0.6, 0]'),
    );
  });
});

it('simplexTable has a row for each point', () => {
  const html = simplexTable(chart());
  expect(html.match(/<tr>/g)).toHaveLength(1 + points.length);
  expect(html).toContain('<th scope="col">tree</th><th scope="col">penalty</th>');
});

describe('a path', () => {
  it('is drawn from its start', () => {
    const svg = simplexChart(chart({ path: [[1, 0, 0], [0.5, 0.5, 0]] })); // prettier-ignore
    expect(svg).toMatch(/<polyline points="56,[\d.]+ 240,[\d.]+"/); // from the left corner to the middle of the base
    expect(() => simplexChart(chart({ path: [[1, 1, 0]] }))).toThrow('with the sum 1');
  });

  it('of nothing draws nothing', () => {
    expect(simplexChart(chart())).not.toContain('polyline');
  });
});

it('keeps the label of a mark at the left corner inside of the drawing', () => {
  const marks = [
    { p: [1, 0, 0], label: 'minimum', kind: 'minimum' },
    { p: q, label: 'truth', kind: 'truth' },
  ] as const;
  expect(simplexChart(chart({ marks, width: 300 }))).toMatch(/text-anchor="start"[^>]*>minimum</);
});
