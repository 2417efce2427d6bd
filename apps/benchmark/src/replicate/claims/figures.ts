import { stripChart, type StripChartOptions } from '@segloss/charts';

import type { PaperRow, PaperRows } from '../rows.js';
import type { PaperResults } from './sections.js';
import { balanced, foregroundOf, geometricMean, sizeRatios } from './tables.js';
import { claim2 } from './claims.js';

/** Below this share of the true size a region counts as gone. */
const GONE = 0.05;
/** Colors of text on the two pages of GitHub and of the site. */
const PAGES = { light: '#1f2328', dark: '#e6edf3' };

/** Returns the figures of the page as SVG, by file name: on a light and on a dark page. */
export function paperFigures({ long, imbalance }: PaperResults): Map<string, string> {
  const charts = { sizes: sizesChart(balanced(long)), extremes: extremesChart(imbalance) };
  return new Map(
    Object.entries(charts).flatMap(([name, chart]) =>
      Object.entries(PAGES).map(
        ([page, color]) => [`evidence-${name}-${page}.svg`, drawn(chart, color)] as const,
      ),
    ),
  );
}

function drawn(chart: StripChartOptions, color: string): string {
  return `${stripChart(chart).replace('<svg ', `<svg style="color:${color}" `)}
`;
}

/** Where every training of the six data sets ended. */
function sizesChart(rows: PaperRows): StripChartOptions {
  return chartOf(rows.rows, rows, {
    title: 'Predicted / true size on six data sets, one dot for each training',
    description:
      'Geometric mean over the foreground classes. Rings: probabilities summed; disks: pixels of the mask. At 1 the size is right.',
  });
}

/** Where every training of the condition that decides C2 ended. */
function extremesChart(rows: PaperRows): StripChartOptions {
  const [first] = claim2(rows);
  const own = rows.rows.filter(
    ({ labels }) => labels['setup'] === first?.setup && first?.seeds.includes(Number(labels['seed'])),
  );
  return chartOf(own, rows, {
    title: `Predicted / true size on synthetic images, ${first?.setup ?? 'no training'}, one dot for each training`,
    description: 'Rings: probabilities summed; disks: pixels of the mask. 0 means that no region is left.',
  });
}

function chartOf(
  rows: readonly PaperRow[],
  { sets, losses }: PaperRows,
  words: { title: string; description: string },
): StripChartOptions {
  // prettier-ignore
  const ended = rows.flatMap((row) => {
    if (row.state === 'diverged') return [];
    const facts = sets[row.labels['data']!]!;
    const ratios = sizeRatios(row, facts);
    const of = (values: readonly number[]) => geometricMean(foregroundOf(facts).map((k) => Math.max(GONE / 10, values[k]!)).filter(Number.isFinite)); // prettier-ignore
    return [{ set: row.labels['data'], loss: row.labels['loss'], sizes: [of(ratios.soft), of(ratios.hard)] }];
  });
  const largest = Math.max(10, ...ended.flatMap(({ sizes }) => sizes));
  return {
    ...words,
    value: { label: 'predicted / true size (p/q)', scale: 'log', domain: [GONE, largest] },
    kinds: ['probabilities (soft)', 'mask (hard)'],
    marks: [{ x: 1, label: 'true size' }],
    width: 720,
    groups: Object.keys(sets).map((set) => ({
      title: set,
      rows: losses.flatMap((loss) => {
        const own = ended.filter((one) => one.set === set && one.loss === loss);
        if (own.length === 0) return [];
        return [{ name: loss, strips: [0, 1].map((kind) => ({ values: own.map(({ sizes }) => drawable(sizes[kind]!)) })) }]; // prettier-ignore
      }),
    })),
  };
}

const drawable = (ratio: number): number => (ratio < GONE ? 0 : ratio);
