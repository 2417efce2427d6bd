import { type Box, label, LETTER, svgFrame, type Titled } from './frame.js';
import { makeLegend } from './legend.js';
import { seriesLook } from './palette.js';
import { type Axis, makeAxis, shows } from './scales.js';
import { element } from './svg.js';
import { type AxisOptions } from './types.js';

/** Values of one kind in a row: one dot each. */
export interface Strip {
  readonly values: readonly number[];
}

/** A row of a strip chart, with one strip for each kind. */
export interface StripRow {
  readonly name: string;
  readonly strips: readonly Strip[];
}

/** Rows under a heading of their own, such as a data set. */
export interface StripGroup {
  readonly title: string;
  readonly rows: readonly StripRow[];
}

/** What {@link stripChart} draws. */
export interface StripChartOptions extends Titled {
  /** The axis of the values. On a log axis values of 0 have a place of their own at its left. */
  readonly value: AxisOptions;
  /** Names of the kinds; the dots of the first are rings, those of the second are filled. One or two. */
  readonly kinds: readonly string[];
  readonly groups: readonly StripGroup[];
  readonly marks?: readonly { readonly x: number; readonly label: string }[];
  /** In pixels; default 640. The height follows from the rows. */
  readonly width?: number;
}

const STRIP = 13;
const GAP = 8;
const HEADING = 26;
const ZERO = 44;
const RADIUS = 3.6;

/**
 * Draws one dot for every value, row by row, so that nothing hides behind a mean: trainings that ended elsewhere than the others are
 * seen at once. A value outside of a given domain stands at its end as an arrow, and one that is not finite is left out.
 *
 * @param options See {@link StripChartOptions}.
 * @returns SVG text, the same for the same options.
 * @throws {RangeError} If a row does not have one strip for each kind.
 *
 * @example
 * ```ts
 * const svg = stripChart({
 *   title: 'Predicted / true size', description: 'Dice ends twice at no region.', kinds: ['soft', 'hard'],
 *   value: { label: 'p/q', scale: 'log' }, marks: [{ x: 1, label: 'true size' }],
 *   groups: [{ title: 'rare', rows: [{ name: 'dice', strips: [{ values: [0, 1.1] }, { values: [0, 1.2] }] }] }],
 * });
 * svg.match(/<circle/g).length; // → 6, four values and two in the legend
 * ```
 */
export function stripChart(options: StripChartOptions): string {
  const { kinds, groups, value, marks = [], width = 640 } = options;
  const rows = groups.flatMap((group) => group.rows);
  checkStrips(kinds, rows);
  const left = Math.min(0.45 * width, 20 + LETTER * Math.max(0, ...rows.map(({ name }) => name.length)));
  const values = rows.flatMap(({ strips }) => strips.flatMap((strip) => strip.values));
  const zeros = value.scale === 'log' && values.includes(0);
  const box = { left: left + (zeros ? ZERO : 0), right: width - 16, top: 36, bottom: 0 };
  const axis = makeAxis(value, axisValues(value, values, marks), box.left, box.right, 6);
  const place = placing(value, axis, box, left + ZERO / 2);
  const drawn: string[] = [];
  let y = box.top;
  for (const { title, rows: own } of groups) {
    drawn.push(label(8, y + 16, title, 'start', { 'font-weight': 'bold' }));
    y += HEADING;
    for (const { name, strips } of own) {
      const height = kinds.length * STRIP;
      drawn.push(label(left - 8, y + height / 2 + 4, name, 'end'));
      strips.forEach((strip, kind) => drawn.push(dots(strip, kind, y + (kind + 0.5) * STRIP, place)));
      y += height + GAP;
    }
  }
  const area = { ...box, bottom: y };
  const legend = makeLegend(kinds, left, width);
  return svgFrame(
    options,
    { width, height: y + 50 + legend.height, left: 8 },
    ...axis.ticks.map(
      ({ value: at, text }) => rule(axis.at(at), area, 0.13) + label(axis.at(at), y + 16, text, 'middle'),
    ),
    zeros ? rule(left + ZERO / 2, area, 0.13) + label(left + ZERO / 2, y + 16, '0', 'middle') : '',
    ...marks.map(
      ({ x, label: name }) => rule(axis.at(x), area, 0.7) + label(axis.at(x), box.top + 2, name, 'middle'),
    ),
    label((area.left + area.right) / 2, y + 34, value.label, 'middle'),
    ...drawn,
    legend.draw(y + 46, (kind, x, at) => dot(kind, x + 13, at)),
  );
}

/** Where a value stands, and whether it is beyond the end of the axis. */
type Place = (value: number) => { x: number; beyond: -1 | 0 | 1 } | undefined;

function placing(options: AxisOptions, axis: Axis, { left, right }: Box, zero: number): Place {
  return (value) => {
    if (options.scale === 'log' && value === 0) return { x: zero, beyond: 0 };
    if (!shows(options, value)) return undefined;
    const x = axis.at(value);
    if (x < left - 0.5) return { x: left, beyond: -1 };
    if (x > right + 0.5) return { x: right, beyond: 1 };
    return { x, beyond: 0 };
  };
}

/** The dots of a strip; those that would cover each other alternate above and below the line. */
function dots({ values }: Strip, kind: number, y: number, place: Place): string {
  const placed = values.flatMap((value) => place(value) ?? []).sort((a, b) => a.x - b.x);
  return placed
    .map(({ x, beyond }, i) => {
      const crowded = i > 0 && x - placed[i - 1]!.x < RADIUS;
      const offset = crowded ? (i % 2 === 0 ? -2.2 : 2.2) : 0;
      return beyond === 0 ? dot(kind, x, y + offset) : arrow(kind, x, y + offset, beyond);
    })
    .join('');
}

function dot(kind: number, cx: number, cy: number): string {
  return element('circle', { cx, cy, r: RADIUS, ...look(kind) });
}

function arrow(kind: number, x: number, y: number, towards: -1 | 1): string {
  const d = `M${x - 4 * towards},${y - 4}L${x + 4 * towards},${y}L${x - 4 * towards},${y + 4}Z`;
  return element('path', { d, ...look(kind) });
}

/** Rings and disks, told apart without color. */
function look(kind: number): Record<string, string | number> {
  const { colour } = seriesLook(kind);
  return kind === 0
    ? { fill: 'none', stroke: colour, 'stroke-width': 1.6 }
    : { fill: colour, 'fill-opacity': 0.75, stroke: colour };
}

function rule(x: number, { top, bottom }: Box, opacity: number): string {
  return element('line', {
    x1: x,
    x2: x,
    y1: top + 8,
    y2: bottom,
    stroke: 'currentColor',
    'stroke-opacity': opacity,
  });
}

function axisValues(
  options: AxisOptions,
  values: readonly number[],
  marks: readonly { readonly x: number }[],
): number[] {
  const shown = [...values, ...marks.map(({ x }) => x)].filter((value) => shows(options, value));
  return shown.length > 0 ? shown : [1];
}

function checkStrips(kinds: readonly string[], rows: readonly StripRow[]): void {
  if (kinds.length !== 1 && kinds.length !== 2) {
    throw new RangeError(`stripChart: wanted one or two kinds, got ${kinds.length}`);
  }
  const wrong = rows.find(({ strips }) => strips.length !== kinds.length);
  if (wrong === undefined) return;
  throw new RangeError(
    `stripChart: wanted ${kinds.length} strips, one for each kind, got ${wrong.strips.length} in "${wrong.name}"`,
  );
}
