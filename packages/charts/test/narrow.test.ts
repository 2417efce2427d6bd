// Charts as wide as a phone: no text leaves the drawing, no two texts of an axis meet.
import { expect, it } from '@jest/globals';
import { barChart, lineChart, simplexChart } from '@segloss/charts';

/** Widths of a letter in pixels at a size of 1 px, in a wide font (DejaVu Sans). */
const [PLAIN, BOLD] = [0.55, 0.58];

interface Text {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly text: string;
}

/** The level texts of a chart: where each begins and ends. */
function textsOf(svg: string): Text[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)]
    .filter(([, attributes]) => !attributes!.includes('rotate'))
    .map(([, attributes, text]) => {
      const of = (name: string) => new RegExp(`(?:^| )${name}="([^"]+)"`).exec(attributes!)?.[1];
      const letter = Number(of('font-size') ?? 12) * (of('font-weight') === 'bold' ? BOLD : PLAIN);
      const [x, length] = [Number(of('x')), text!.length * letter];
      const from = { start: x, middle: x - length / 2, end: x - length }[of('text-anchor') ?? 'start']!;
      return { from, to: from + length, y: Number(of('y')), text: text! };
    });
}

/** Texts that leave the width, and pairs on one line that overlap. */
function faults(svg: string, width: number): string[] {
  const texts = textsOf(svg);
  const outside = texts
    .filter(({ from, to }) => from < -1 || to > width + 1)
    .map(({ text }) => `outside: ${text}`);
  const overlapping = texts.flatMap((a, i) =>
    texts.slice(i + 1).flatMap((b) => (a.y === b.y && a.from < b.to && b.from < a.to ? [`${a.text} on ${b.text}`] : [])),
  ); // prettier-ignore
  return [...outside, ...overlapping];
}

/** The smallest size of a bold text, in pixels. */
const leastBold = (svg: string) =>
  Math.min(...[...svg.matchAll(/font-weight="bold" font-size="([\d.]+)"/g)].map(([, size]) => Number(size)));

const WIDTH = 296;
const LONG = 'Inverse-frequency cross-entropy';

it('draws lines with a long title and long names', () => {
  const points = [[0, 1], [1500, 2]] as const; // prettier-ignore
  const svg = lineChart({
    title: 'Predicted / true size, mean and range of 5 seeds',
    description: 'Two lines.',
    x: { label: 'step' },
    y: { label: 'p/q' },
    width: WIDTH,
    series: [`${LONG}, soft`, `${LONG}, hard`].map((name) => ({ name, points })),
  });
  expect(faults(svg, WIDTH)).toEqual([]);
  expect(leastBold(svg)).toBeGreaterThanOrEqual(10); // two lines, rather than letters that nobody can read
});

it('draws bars on both sides of 0', () => {
  const svg = barChart({
    title: 'Push on the size: the sum of each map, −Σ ∂L/∂z',
    description: 'Four bars.',
    categories: ['Cross-entropy', 'Dice', 'Cross-entropy + L1', LONG],
    value: { label: 'push on the size; above 0 it grows' },
    series: [{ name: 'push', bars: [-0.0192, -0.121, -0.0445, 0.104].map((value) => ({ value })) }],
    width: WIDTH,
  });
  expect(faults(svg, WIDTH)).toEqual([]);
});

it('draws the scale of a simplex', () => {
  const points = Array.from({ length: 45 }, (_, i) => {
    const [a, b] = [(i % 9) / 8, Math.floor(i / 9) / 8];
    return { p: [a, b * (1 - a), (1 - a) * (1 - b)] as const, value: -0.24 + 1.7 * ((i * 7) % 45) / 45, flow: [0, 0, 0] as const };
  }); // prettier-ignore
  const svg = simplexChart({
    title: LONG,
    description: 'A triangle.',
    corners: ['A', 'B', 'C'],
    value: 'penalty',
    points,
    marks: [],
    width: WIDTH,
  });
  expect(faults(svg, WIDTH)).toEqual([]);
});

it('draws the names of the marks of a simplex beside each other and the marks', () => {
  const width = 268;
  const svg = simplexChart({
    title: 'Dice',
    description: 'A triangle.',
    corners: ['A', 'B', 'C'],
    value: 'penalty',
    points: [],
    marks: [
      { p: [0.6, 0.3, 0.1], label: 'truth', kind: 'truth' },
      { p: [1, 0, 0], label: 'minimum', kind: 'minimum' },
    ],
    width,
  });
  const [truth, minimum] = ['truth', 'minimum'].map((name) =>
    textsOf(svg).find(({ text }) => text === name)!,
  );
  // The cross of the truth, 12 pixels wide and high, ends before the name of the minimum or lies above or below it.
  const [x, y] = [truth!.from - 9, truth!.y + (truth!.y > minimum!.y ? -19 : 8)];
  const apart = minimum!.to < x - 6 || minimum!.y - 10 > y + 6 || minimum!.y + 3 < y - 6;
  expect(apart).toBe(true);
  expect(faults(svg, width)).toEqual([]);
});

it('has ticks at whole numbers alone where that is wanted', () => {
  const ticks = (whole: boolean) => {
    const points = [[1, 1], [6, 2]] as const; // prettier-ignore
    const x = { label: 'epoch', domain: [1, 6], whole } as const;
    const svg = lineChart({ title: 't', description: 'd', x, y: { label: 'y' }, width: 900, series: [{ name: 's', points }] }); // prettier-ignore
    const texts = textsOf(svg).map(({ text }) => text);
    return ['1', '2.5', '3', '5', '5.5', '6'].filter((one) => texts.includes(one));
  };
  expect(ticks(true)).toEqual(['1', '3', '5', '6']);
  expect(ticks(false)).toEqual(['1', '2.5', '3', '5', '5.5', '6']);
});
