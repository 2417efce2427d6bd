import { label, LETTER, svgFrame, type Titled } from './frame.js';
import { makeLegend } from './legend.js';
import { seriesLook } from './palette.js';
import { makeAxis } from './scales.js';
import { element } from './svg.js';

/** The rank of one method over several data sets. */
export interface RankRow {
  readonly name: string;
  /** Mean rank, 1 is best. */
  readonly rank: number;
  /** Interval of the mean rank over resampled data. */
  readonly interval: readonly [low: number, high: number];
  /** Rank on each data set. */
  readonly perSet: readonly number[];
  /** Written at the right end, such as the share of first places. */
  readonly note?: string;
}

/** What {@link rankChart} draws. */
export interface RankChartOptions extends Titled {
  readonly rows: readonly RankRow[];
  /** In pixels; default 640. The height follows from the rows. */
  readonly width?: number;
}

const ROW = 28;
const TOP = 34;
const LONGEST = 30;

/**
 * Draws average ranks over data sets with their intervals: a disk for the mean, a line for the interval, a ring for each data set.
 *
 * @param options See {@link RankChartOptions}.
 * @returns SVG text, the same for the same options.
 *
 * @example
 * ```ts
 * const rows = [{ name: 'dice', rank: 1, interval: [1, 1.5], perSet: [1, 1] }, { name: 'ce', rank: 2, interval: [1.5, 2], perSet: [2, 2] }];
 * const svg = rankChart({ title: 'Ranks', description: 'dice is first on both.', rows });
 * svg.match(/<circle/g).length; // → 8, a disk and two rings in each row, and two in the legend
 * ```
 */
export function rankChart(options: RankChartOptions): string {
  const { rows, width = 640 } = options;
  const texts = rows.map(({ name }) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name));
  const notes = LETTER * Math.max(0, ...rows.map(({ note = '' }) => note.length));
  const left = Math.min(0.4 * width, 20 + LETTER * Math.max(0, ...texts.map(({ length }) => length)));
  const right = width - 20 - notes;
  const most = Math.max(2, rows.length);
  const axis = makeAxis({ label: 'rank', domain: [1, most] }, [1, most], left + 8, right, Math.min(most, 8));
  const bottom = TOP + rows.length * ROW;
  const { colour } = seriesLook(0);
  const ring = (cx: number, cy: number) => element('circle', { cx, cy, r: 3.4, fill: 'none', stroke: 'currentColor', 'stroke-opacity': 0.55 }); // prettier-ignore
  const disk = (cx: number, cy: number) => element('circle', { cx, cy, r: 5, fill: colour });
  const legend = makeLegend(['mean rank and 95 % interval', 'rank on one data set'], left, width);
  return svgFrame(
    options,
    { width, height: bottom + 46 + legend.height, left: 8 },
    ...axis.ticks
      .filter(({ value }) => Number.isInteger(value))
      .map(
        ({ value, text }) =>
          rule(axis.at(value), bottom) + label(axis.at(value), bottom + 16, text, 'middle'),
      ),
    label((left + right) / 2, bottom + 34, 'rank, 1 is best', 'middle'),
    ...rows.map(({ rank, interval: [low, high], perSet, note }, i) => {
      const y = TOP + (i + 0.5) * ROW;
      return [
        label(left - 8, y + 4, texts[i]!, 'end'),
        element('line', { x1: axis.at(low), x2: axis.at(high), y1: y, y2: y, stroke: colour, 'stroke-width': 3, 'stroke-opacity': 0.5 }), // prettier-ignore
        ...perSet.map((one, set) => ring(axis.at(one), y + ((set % 3) - 1) * 5)),
        disk(axis.at(rank), y),
        note === undefined ? '' : label(width - 8, y + 4, note, 'end'),
      ].join('');
    }),
    legend.draw(bottom + 40, (kind, x, y) => (kind === 0 ? disk(x + 13, y) : ring(x + 13, y))),
  );
}

function rule(x: number, bottom: number): string {
  return element('line', {
    x1: x,
    x2: x,
    y1: TOP,
    y2: bottom,
    stroke: 'currentColor',
    'stroke-opacity': 0.13,
  });
}
