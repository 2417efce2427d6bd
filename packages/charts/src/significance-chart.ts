import { label, LETTER, svgFrame, type Titled } from './frame.js';
import { seriesLook } from './palette.js';
import { element } from './svg.js';

/** One method compared with another. */
export interface SignificanceCell {
  /** Score of the row less that of the column. */
  readonly difference: number;
  /** Adjusted p-value. */
  readonly p: number;
  /** Whether the two can be told apart. */
  readonly distinguishable: boolean;
}

/** What {@link significanceChart} draws. */
export interface SignificanceChartOptions extends Titled {
  readonly names: readonly string[];
  /** By row and column; undefined where two were not compared. */
  readonly cells: readonly (readonly (SignificanceCell | undefined)[])[];
  /** What counts as better; default `higher`. */
  readonly better?: 'higher' | 'lower';
  /** Decimals of the differences; default 3. */
  readonly digits?: number;
}

const CELL = { width: 68, height: 38 };
const TOP = 54;
const LONGEST = 26;

/**
 * Draws a map of pairwise comparisons: the difference of the row and the column, and its p-value. Pairs that can be told apart are shaded,
 * with a thick border where the row is better; the others stay bare.
 *
 * @param options See {@link SignificanceChartOptions}.
 * @returns SVG text, the same for the same options.
 * @throws {RangeError} If the cells are not a square of the names.
 *
 * @example
 * ```ts
 * const cell = { difference: 0.1, p: 0.01, distinguishable: true };
 * const svg = significanceChart({ title: 'Pairs', description: 'dice beats ce.', names: ['ce', 'dice'],
 *   cells: [[undefined, { ...cell, difference: -0.1 }], [cell, undefined]] });
 * svg.match(/<rect/g).length; // → 5, two shaded cells, two diagonal ones and the legend
 * ```
 */
export function significanceChart(options: SignificanceChartOptions): string {
  const { names, cells, better = 'higher', digits = 3 } = options;
  if (cells.length !== names.length || cells.some(({ length }) => length !== names.length)) {
    throw new RangeError(
      `significanceChart: wanted ${names.length} rows of ${names.length} cells, got rows of ${cells.map(({ length }) => length).join(', ')}`,
    );
  }
  const texts = names.map(
    (name, i) => `${i + 1}  ${name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name}`,
  );
  const left = 16 + LETTER * Math.max(0, ...texts.map(({ length }) => length));
  const drawn = texts.map((name, row) => label(left - 8, TOP + (row + 0.5) * CELL.height + 4, name, 'end'));
  texts.forEach((_, column) => drawn.push(label(left + (column + 0.5) * CELL.width, TOP - 8, String(column + 1), 'middle'))); // prettier-ignore
  cells.forEach((own, row) =>
    own.forEach((cell, column) => {
      const [x, y] = [left + column * CELL.width, TOP + row * CELL.height];
      if (row === column) drawn.push(box(x, y, { fill: 'currentColor', 'fill-opacity': 0.12 }));
      else if (cell !== undefined) drawn.push(pair(cell, x, y, better, digits));
    }),
  );
  const bottom = TOP + names.length * CELL.height + 12;
  const width = Math.max(left + names.length * CELL.width + 12, 24 + 1.15 * LETTER * Math.max(options.title.length, 58)); // prettier-ignore
  return svgFrame(
    options,
    { width, height: bottom + 26, left: 8 },
    ...drawn,
    box(8, bottom, shade(true), 22, 14),
    label(38, bottom + 12, 'row better than column; light: worse; bare: not significant', 'start'),
  );
}

function pair(
  { difference, p, distinguishable }: SignificanceCell,
  x: number,
  y: number,
  better: 'higher' | 'lower',
  digits: number,
): string {
  const wins = better === 'higher' ? difference > 0 : difference < 0;
  const middle = x + CELL.width / 2;
  const sign = difference > 0 ? '+' : '';
  const text = `${sign}${difference.toFixed(digits)}`;
  const weight = distinguishable ? { 'font-weight': 'bold' } : {};
  return [
    distinguishable ? box(x, y, shade(wins)) : '',
    label(middle, y + 16, text, 'middle', weight),
    label(middle, y + 30, p < 0.001 ? 'p < .001' : `p ${p.toFixed(3).replace(/^0/, '')}`, 'middle', { 'font-size': 10 }), // prettier-ignore
  ].join('');
}

/** A border besides the color, so that a gray print keeps the direction. */
function shade(wins: boolean): Record<string, string | number> {
  const { colour } = seriesLook(wins ? 0 : 1);
  return wins
    ? { fill: colour, 'fill-opacity': 0.22, stroke: colour, 'stroke-width': 2 }
    : { fill: colour, 'fill-opacity': 0.14 };
}

function box(
  x: number,
  y: number,
  look: Readonly<Record<string, string | number>>,
  width: number = CELL.width,
  height: number = CELL.height,
): string {
  return element('rect', { x: x + 2, y: y + 2, width: width - 4, height: height - 4, ...look });
}
