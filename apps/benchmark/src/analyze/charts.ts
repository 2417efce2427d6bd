import { scatterChart, type LineChartOptions } from '@segloss/charts';
import type { ProportionCase } from '@segloss/metrics';

import { lineFigure } from '../page/figure.js';
import { html, raw, type Html } from '../page/html.js';
import { lesionCharts } from '../lesion-charts.js';
import { drawableRatio } from '../page/numbers.js';
import { percentText } from '../page/percent.js';
import type { SizeReport } from './analysis.js';

/** More points than this hide each other, and make the page large. */
const MAX_POINTS = 600;

/** Predicted against true share of every case: below the diagonal is too small. */
export function scatter({ runs, classes }: SizeReport, k: number): Html {
  const [truth, predicted] = [
    (one: ProportionCase) => one.truth[k]!,
    (one: ProportionCase) => one.predicted[k]!,
  ];
  const thinned = runs.some(({ cases }) => cases.length > MAX_POINTS);
  const svg = scatterChart({
    title: `Predicted against true share of "${classes[k]!}"`,
    description: 'One point for each case; points below the diagonal are predicted too small.',
    x: { label: 'true share', scale: 'log' },
    y: { label: 'predicted share', scale: 'log' },
    diagonal: 'p = q',
    series: runs.map(({ name, cases }) => ({
      name,
      points: thin(cases, truth).map((one) => ({
        x: truth(one),
        y: predicted(one),
        label: `${one.id}: true ${percentText(truth(one))}, predicted ${percentText(predicted(one))}`,
      })),
    })),
  });
  const less = thinned ? `; ${MAX_POINTS} of the cases, evenly over their true sizes` : '';
  return html`<figure>
    ${raw(svg)}
    <figcaption class="quiet">
      <small>One point for each case${less}; hollow on an edge: a share of 0.</small>
    </figcaption>
  </figure>`;
}

/** Some of the cases, evenly over their sizes, the smallest and the largest among them. */
function thin(
  cases: readonly ProportionCase[],
  size: (one: ProportionCase) => number,
): readonly ProportionCase[] {
  if (cases.length <= MAX_POINTS) return cases;
  const sorted = [...cases].sort((a, b) => size(a) - size(b));
  const step = (sorted.length - 1) / (MAX_POINTS - 1);
  return Array.from({ length: MAX_POINTS }, (_, i) => sorted[Math.round(i * step)]!);
}

/** p/q of the bins with as many cases each, over their mean true share. */
export function ratioBySize({ runs, classes }: SizeReport, k: number): Html {
  const chart: LineChartOptions = {
    title: `p/q of "${classes[k]!}" by the size of the true region`,
    description:
      'Predicted / true share in bins of as many cases each; the shade is the 95 % interval; below 0.01 drawn at 0.01.',
    x: { label: 'mean true share of the bin', scale: 'log' },
    y: { label: 'p/q', scale: 'log' },
    height: 400,
    marks: [{ y: 1, label: 'p = q' }],
    series: runs.map(({ name, analysis }) => {
      const bins = analysis.classes[k]!.quantiles;
      const points = bins.map(({ truth, ratio }): [number, number] => [truth, drawableRatio(ratio)]);
      return {
        name,
        points,
        dots: points,
        band: bins.flatMap(({ truth, ratioInterval }) =>
          ratioInterval === null
            ? []
            : [[truth, ...ratioInterval.map(drawableRatio)] as [number, number, number]],
        ),
      };
    }),
  };
  return lineFigure(chart);
}

/** Recall and p/q of the lesions of a class by their true size; nothing where lesions were not scored. */
export function lesionsBySize({ runs, classes }: SizeReport, k: number): Html {
  const lines = runs.flatMap(({ name, lesionSummaries }) => {
    const summary = lesionSummaries?.[k];
    if (summary === undefined || summary === null) return [];
    const bins = summary.bySize.map(({ from, to, recall, recallInterval, ratio, ratioInterval }) => ({
      ...{ from, to },
      recall: { value: recall ?? NaN, band: recallInterval ?? null },
      ratio: { value: ratio ?? NaN, band: ratioInterval ?? null },
    }));
    return [{ name, bins }];
  });
  return lesionCharts(lines, { name: classes[k]!, band: 'the 95 % interval for other cases' });
}
