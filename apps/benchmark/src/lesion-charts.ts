import type { LineChartOptions, Series } from '@segloss/charts';

import { lineFigure } from './page/figure.js';
import { html, type Html } from './page/html.js';
import { drawableRatio, SMALLEST_RATIO } from './page/numbers.js';

/** A value with the ends of its band, where it has one; NaN where it is not defined. */
export interface BandedValue {
  readonly value: number;
  readonly band: readonly [low: number, high: number] | null;
}

/** Lesions of similar true size. */
export interface LesionSizePoint {
  readonly from: number;
  readonly to: number;
  readonly recall: BandedValue;
  readonly ratio: BandedValue;
}

/** One line of the charts. */
export interface LesionSizeLine {
  readonly name: string;
  /** From the smallest lesions to the largest. */
  readonly bins: readonly LesionSizePoint[];
}

/** More lines than these make a chart that nobody reads. */
export const MOST_LESION_LINES = 8;

/**
 * Draws recall and p/q of the lesions of a class by their true size, with the numbers as tables; nothing where all lesions are of one size.
 *
 * @param name Class. @param band What the bands are, as in `the 95 % interval`.
 */
export function lesionCharts(
  lines: readonly LesionSizeLine[],
  { name, band, caption = '' }: { name: string; band: string; caption?: string },
): Html {
  if (!lines.some(({ bins }) => bins.length > 1)) return html``;
  const on = caption === '' ? '' : `, ${caption}`;
  const chart = (
    of: (bin: LesionSizePoint) => BandedValue,
    draw: (value: number) => number,
    options: Pick<LineChartOptions, 'title' | 'description' | 'y' | 'marks'>,
  ) =>
    lineFigure({
      ...options,
      x: { label: 'true size of the lesions: pixels, of volumes mm³', scale: 'log' },
      height: 320,
      series: lines.slice(0, MOST_LESION_LINES).map(({ name: line, bins }): Series => {
        const points = bins.map((bin): [number, number] => [middle(bin), draw(of(bin).value)]);
        const shade = bins.flatMap((bin) => {
          const ends = of(bin).band;
          return ends === null ? [] : [[middle(bin), ...ends.map(draw)] as [number, number, number]];
        });
        return { name: line, points, dots: points, ...(shade.length > 0 && { band: shade }) };
      }),
    });
  const less = lines.length > MOST_LESION_LINES ? html`<p class="quiet">The first ${MOST_LESION_LINES} of ${lines.length} rows are drawn.</p>` : ''; // prettier-ignore
  const where = `in bins with equally many true lesions, each at the geometric mean of its smallest and its largest; the shade is ${band}`;
  return html`<div class="charts">
      ${chart(
        ({ recall }) => recall,
        (value) => value,
        {
          title: `Recall of the lesions of "${name}" by size${on}`,
          description: `Share of the true lesions that are found, ${where}.`,
          y: { label: 'recall', domain: [0, 1] },
        },
      )}
      ${chart(({ ratio }) => ratio, drawableRatio, {
        title: `p/q of the lesions of "${name}" by size${on}`,
        description: `Predicted over true size of the lesions, ${where}; below ${SMALLEST_RATIO} drawn at ${SMALLEST_RATIO}.`,
        y: { label: 'p/q', scale: 'log' },
        marks: [{ y: 1, label: 'p = q' }],
      })}
    </div>
    ${less}`;
}

/** Where a bin of sizes stands on a logarithmic axis. */
const middle = ({ from, to }: LesionSizePoint): number => Math.sqrt(from * to);
