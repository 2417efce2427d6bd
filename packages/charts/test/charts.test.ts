import { describe, expect, it } from '@jest/globals';
import { lineChart, seriesLook, seriesTable, type LineChartOptions } from '@segloss/charts';

const chart = (more: Partial<LineChartOptions> = {}): LineChartOptions => ({
  title: 'Dice & "IoU" <b>',
  description: 'Two losses.',
  x: { label: 'epoch' },
  y: { label: 'Dice' },
  series: [
    { name: 'ce', points: [[1, 0.1], [2, 0.5], [3, 0.7]], band: [[1, 0, 0.2], [2, 0.4, 0.6]] }, // prettier-ignore
    { name: 'ce + l1', points: [[1, 0.2], [2, NaN], [3, 0.8]], dots: [[3, 0.8]] }, // prettier-ignore
  ],
  ...more,
});

/** Endpoints of the i-th line as numbers. */
const lines = (svg: string) => [...svg.matchAll(/<path d="([^"]*)" fill="none"/g)].map((match) => match[1]!);

describe('lineChart', () => {
  it('says its title and description, with special characters escaped', () => {
    const svg = lineChart(chart());
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>Dice &amp; &quot;IoU&quot; &lt;b&gt;</title>');
    expect(svg).toContain('<desc>Two losses.</desc>');
    expect(svg).not.toContain('<b>');
  });

  it('has no background of its own, unless asked for, and then behind the title', () => {
    expect(lineChart(chart())).not.toContain('<rect');
    const svg = lineChart(chart({ background: '#fff' }));
    expect(svg.indexOf('<rect width="100%" height="100%" fill="#fff"/>')).toBeGreaterThan(0);
    expect(svg.indexOf('<rect')).toBeLessThan(svg.indexOf('<text'));
  });

  it('draws larger values higher and later ones further right', () => {
    const [first] = lines(lineChart(chart()));
    const points = [...first!.matchAll(/([\d.]+),([\d.]+)/g)].map(
      ([, x, y]) => [Number(x), Number(y)] as const,
    );
    expect(points).toHaveLength(3);
    expect(points[0]![0]).toBeLessThan(points[1]![0]);
    expect(points[0]![1]).toBeGreaterThan(points[1]![1]);
  });

  it('leaves a gap at what is not finite, also on a log axis at 0', () => {
    expect(lines(lineChart(chart()))[1]!.match(/M/g)).toHaveLength(2);
    const log = lineChart(chart({ y: { label: 'p/q', scale: 'log' }, series: [{ name: 'a', points: [[1, 0], [2, 0.01], [3, 10]] }] })); // prettier-ignore
    expect(log).not.toMatch(/NaN|Infinity/);
    for (const tick of ['0.01', '0.1', '1', '10']) expect(log).toContain(`>${tick}</text>`);
  });

  it('tells lines apart by colour and by dash', () => {
    const svg = lineChart(chart({ series: Array.from({ length: 6 }, (_, i) => ({ name: `s${i}`, points: [[0, i], [1, i]] as const })) })); // prettier-ignore
    const looks = [
      ...svg.matchAll(/fill="none" stroke="([^"]+)" stroke-width="2"(?: stroke-dasharray="([^"]+)")?/g),
    ];
    expect(new Set(looks.map(([, colour]) => colour)).size).toBe(6);
    expect(new Set(looks.map(([, , dash]) => dash)).size).toBe(6);
  });

  it('wraps a long legend, and grows by its rows', () => {
    const height = (count: number) => {
      const series = Array.from({ length: count }, (_, i) => ({
        name: `a long name of a loss ${i}`,
        points: [[0, i]] as const,
      }));
      return Number(/height="(\d+)"/.exec(lineChart(chart({ series })))![1]);
    };
    expect(height(9)).toBeGreaterThan(height(2));
  });

  it.each<[string, Partial<LineChartOptions>]>([
    ['no series', { series: [] }],
    ['only NaN', { series: [{ name: 'a', points: [[1, NaN]] }] }], // prettier-ignore
    ['only zeros on a log axis', { y: { label: 'y', scale: 'log' }, series: [{ name: 'a', points: [[1, 0]] }] }], // prettier-ignore
  ])('says that there are no data: %s', (_, more) => {
    expect(lineChart(chart(more))).toContain('no data');
  });

  it('draws one point, and a constant', () => {
    expect(lineChart(chart({ series: [{ name: 'a', points: [[1, 2]] }] }))).toContain('<circle'); // prettier-ignore
    expect(lineChart(chart({ series: [{ name: 'a', points: [[1, 2], [2, 2]] }] }))).not.toMatch(/NaN|Infinity/); // prettier-ignore
  });

  it('includes reference lines in its range', () => {
    const svg = lineChart(chart({ marks: [{ y: 2, label: 'p = q' }, { x: 2, label: 'here' }] })); // prettier-ignore
    expect(svg).toContain('p = q');
    expect(svg).toContain('>2</text>');
  });
});

describe('seriesTable', () => {
  it('has a row for each x and a dash for what is missing', () => {
    const html = seriesTable(chart());
    expect(html.match(/<tr>/g)).toHaveLength(4);
    expect(html).toContain('<tr><th scope="row">2</th><td>0.5</td><td>–</td></tr>');
    expect(html).toContain('<caption>Dice &amp; &quot;IoU&quot; &lt;b&gt;</caption>');
  });
});

it('a series has the look that it names, in the legend too', () => {
  const series = [
    { name: 'a', points: [[1, 1], [2, 2]], look: 3 }, // prettier-ignore
  ] as const;
  const svg = lineChart(chart({ series }));
  const { colour, dash } = seriesLook(3);
  expect(svg.split(`stroke="${colour}"`)).toHaveLength(3); // its line and its legend
  expect(svg.split(`stroke-dasharray="${dash}"`)).toHaveLength(3);
});
