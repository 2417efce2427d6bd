import { penaltyCurve } from '@segloss/bias';
import { lineChart, type LineChartOptions } from '@segloss/charts';
import { parseLoss } from '@segloss/losses';

import { type Generator } from './generator.js';

const TRUTH = 0.02;
const LOSSES = ['log-dice', 'kl', 'l1'];

/** The picture of docs/theory.md, on a light and on a dark page: three size penalties in closed form. */
export const sizePenalties: Generator = {
  name: 'picture',
  generate: () =>
    new Map([
      ['docs/size-penalties-light.svg', drawn('#ffffff', '#1f2328')],
      ['docs/size-penalties-dark.svg', drawn('#0d1117', '#e6edf3')],
    ]),
};

function drawn(background: string, color: string): string {
  const p = Array.from({ length: 121 }, (_, index) => 0.001 * 400 ** (index / 120));
  const chart: LineChartOptions = {
    title: 'Size penalty that a loss adds, by predicted size; the true region is 2 % of the image',
    description:
      'KL and L1 are least at the true size. The hidden penalty of Dice falls towards the empty prediction.',
    x: { label: 'predicted share of the image', scale: 'log' },
    y: { label: 'penalty, from its least value' },
    series: LOSSES.map((name) => {
      const { value } = penaltyCurve(parseLoss(name), { truth: TRUTH, p });
      return { name, points: p.map((at, index) => [at, value[index]!] as const) };
    }),
    marks: [{ x: TRUTH, label: 'true size' }],
    width: 720,
    height: 300,
    background,
  };
  return `${lineChart(chart).replace('<svg ', `<svg style="color:${color}" `)}\n`;
}
