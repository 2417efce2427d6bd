import { label, LETTER, svgFrame } from './frame.js';
import { BANDS } from './palette.js';
import { numberText } from './scales.js';
import { cell, makeTriangle, spacing, type Point, type Triangle } from './simplex-geometry.js';
import { element, round } from './svg.js';
import { type Proportions, type SimplexChartOptions, type SimplexPoint } from './types.js';

const SIDE = 56;
/** Width of a bold letter, roughly. */
const BOLD = 1.2 * LETTER;
const TOP = 50;

/**
 * A map of a value over the proportions of three classes, as a triangle: every corner is an image of one class, the middle
 * an even mixture. Darker is lower; each of the seven shades holds as many points, so that a steep border does not hide the rest.
 * Arrows show the flow, marks the minimum and the truth.
 *
 * @param options See {@link SimplexChartOptions}; the points lie on a triangular lattice. A point whose value is not finite
 *   stays empty.
 * @returns SVG text, the same for the same options.
 * @throws {RangeError} If proportions are negative or do not add up to 1 within 1e-6.
 *
 * @example
 * ```ts
 * const svg = simplexChart({
 *   title: 'l1', description: 'Least at the truth.', corners: ['road', 'sky', 'tree'], value: 'penalty',
 *   points: [{ p: [1, 0, 0], value: 2 }, { p: [0, 1, 0], value: 2 }, { p: [0, 0, 1], value: 0 }],
 *   marks: [{ p: [0, 0, 1], label: 'minimum', kind: 'minimum' }],
 * });
 * svg.includes('>minimum</text>'); // → true
 * ```
 */
export function simplexChart(options: SimplexChartOptions): string {
  const { corners, points, marks = [], path = [], width = 480 } = options;
  for (const p of [...[...points, ...marks].map((one) => one.p), ...path]) checkProportions(p);
  const right = width - SIDE;
  const bottom = TOP + (Math.sqrt(3) / 2) * (right - SIDE);
  const triangle = makeTriangle(SIDE, right, bottom);
  const places = points.map(({ p }) => triangle.at(p));
  const size = spacing(places, (right - SIDE) / 4);
  const limits = bandLimits(points);
  const cells = points.flatMap(({ value }, i) => {
    if (!Number.isFinite(value)) return [];
    const fill = shade(limits.filter((limit) => value >= limit).length, limits);
    return [element('polygon', { points: polygon(cell(places[i]!, size, triangle)), fill, stroke: fill, 'stroke-width': 0.6 })]; // prettier-ignore
  });
  return svgFrame(
    options,
    { width, height: bottom + 96, left: 8 },
    ...cells,
    outline(triangle),
    cornerNames(triangle, corners),
    arrows(points, triangle, size),
    trace(path, triangle),
    drawMarks(marks, triangle),
    bandLegend(limits, points, { left: SIDE, right, top: bottom + 44 }, options.value),
  );
}

function checkProportions(p: Proportions): void {
  const sum = p.reduce((a, b) => a + b, 0);
  if (p.every((share) => share >= 0) && Math.abs(sum - 1) <= 1e-6) return;
  throw new RangeError(
    `simplexChart: wanted proportions of at least 0 with the sum 1, got [${p.join(', ')}]`,
  );
}

/** Values between the shades: quantiles, so that each shade has as many points. */
function bandLimits(points: readonly SimplexPoint[]): number[] {
  const sorted = points.map(({ value }) => value).filter(Number.isFinite).sort((a, b) => a - b); // prettier-ignore
  if (sorted.length === 0) return [];
  const limits = BANDS.slice(1).map((_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BANDS.length)]!);
  return [...new Set(limits)].filter((limit) => limit > sorted[0]!);
}

/** The shade of the i-th band; fewer bands, where values are the same, reach from dark to light too. */
const shade = (band: number, limits: readonly number[]) =>
  BANDS[Math.round((band * (BANDS.length - 1)) / Math.max(1, limits.length))]!;

function outline({ corners, at }: Triangle): string {
  const lines = [0.25, 0.5, 0.75].flatMap((share) =>
    [0, 1, 2].map((k) => {
      const end = (other: number) => at([0, 1, 2].map((j) => (j === k ? share : j === (k + other) % 3 ? 1 - share : 0)) as unknown as Proportions); // prettier-ignore
      const [[x1, y1], [x2, y2]] = [end(1), end(2)];
      return element('line', { x1, y1, x2, y2, stroke: '#111', 'stroke-opacity': 0.18 });
    }),
  );
  return (
    element('polygon', { points: polygon(corners), fill: 'none', stroke: 'currentColor' }) + lines.join('')
  );
}

function cornerNames({ corners }: Triangle, names: readonly string[]): string {
  const places = [[0, 18, 'start'], [0, 18, 'end'], [0, -8, 'middle']] as const; // prettier-ignore
  return names
    .map((name, k) => {
      const [dx, dy, anchor] = places[k]!;
      const shift = anchor === 'start' ? -SIDE + 8 : anchor === 'end' ? SIDE - 8 : 0;
      return label(corners[k]![0] + dx + shift, corners[k]![1] + dy, `all ${name}`, anchor);
    })
    .join('');
}

/** Direction of the flow at each point; the square root of its strength is the length, so that weak ones show too. */
function arrows(points: readonly SimplexPoint[], triangle: Triangle, size: number): string {
  const flows = points.map(({ flow, value }): Point | undefined => {
    const known = flow !== undefined && Number.isFinite(value) && flow.every(Number.isFinite);
    return known ? triangle.at(flow) : undefined; // the map is linear: it takes directions too
  });
  const strengths = flows.map((flow) => (flow ? Math.hypot(...flow) : 0));
  const most = Math.max(0, ...strengths);
  const d = flows
    .map((flow, i) => {
      const length = most > 0 ? 0.8 * size * Math.sqrt(strengths[i]! / most) : 0;
      if (flow === undefined || length < 2.5) return '';
      const [ux, uy] = [flow[0] / strengths[i]!, flow[1] / strengths[i]!];
      const [x, y] = triangle.at(points[i]!.p);
      const [fromX, fromY] = [x - (ux * length) / 2, y - (uy * length) / 2];
      const [toX, toY] = [x + (ux * length) / 2, y + (uy * length) / 2];
      const head = Math.min(4.5, length / 2);
      const wing = (turn: number) =>
        `${round(toX - head * (ux - turn * uy * 0.6))},${round(toY - head * (uy + turn * ux * 0.6))}`;
      return `M${round(fromX)},${round(fromY)}L${round(toX)},${round(toY)}M${wing(1)}L${round(toX)},${round(toY)}L${wing(-1)}`;
    })
    .join('');
  return d === '' ? '' : element('path', { d, fill: 'none', stroke: '#111', 'stroke-width': 1.1, 'stroke-linecap': 'round' }); // prettier-ignore
}

/** The way of the proportions, with a ring where it starts. */
function trace(path: readonly Proportions[], { at }: Triangle): string {
  const places = path.map(at);
  if (places.length === 0) return '';
  const [x, y] = places[0]!;
  const line = { points: polygon(places), fill: 'none', 'stroke-linejoin': 'round' };
  return (
    element('polyline', { ...line, stroke: '#fff', 'stroke-width': 5 }) +
    element('polyline', { ...line, stroke: '#d55e00', 'stroke-width': 2.5 }) +
    element('circle', { cx: x, cy: y, r: 4, fill: '#fff', stroke: '#d55e00', 'stroke-width': 2 })
  );
}

type SimplexMark = NonNullable<SimplexChartOptions['marks']>[number];

/** The marks, the leftmost with its name to the left; a name that would lie on another mark or its name goes below. */
function drawMarks(marks: readonly SimplexMark[], triangle: Triangle): string {
  const placed = marks.map((mark) => ({ ...mark, at: triangle.at(mark.p) }));
  const leftmost = placed.length > 1 ? placed.reduce((a, b) => (b.at[0] < a.at[0] ? b : a)) : undefined;
  const halo = { fill: '#111', stroke: '#fff', 'stroke-width': 3, 'paint-order': 'stroke', 'font-weight': 'bold' }; // prettier-ignore
  const taken = placed.map(({ at: [x, y] }) => ({ from: x - 7, to: x + 7, top: y - 7, bottom: y + 7 }));
  const names = placed.map((mark, i) => {
    const [x, y] = mark.at;
    const length = mark.label.length * BOLD;
    const left = mark === leftmost && x - 9 - length > 0;
    const boxAt = (base: number) => ({
      from: left ? x - 9 - length : x + 9,
      to: left ? x - 9 : x + 9 + length,
      top: base - 10,
      bottom: base + 3,
    });
    const [above, below] = [y - 8, y + 19];
    const meets = (base: number) => taken.some((one, j) => j !== i && overlap(one, boxAt(base)));
    const base = meets(above) && !meets(below) ? below : above;
    taken.push(boxAt(base));
    return label(x + (left ? -9 : 9), base, mark.label, left ? 'end' : 'start', halo);
  });
  return [...names, ...placed.map(({ at, kind }) => sign(at, kind))].join('');
}

interface TextBox {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly bottom: number;
}

const overlap = (a: TextBox, b: TextBox) =>
  a.from < b.to && b.from < a.to && a.top < b.bottom && b.top < a.bottom;

/** A target for the minimum, a cross for the truth. */
function sign([x, y]: Point, kind: SimplexMark['kind']): string {
  const dark = { stroke: '#111', 'stroke-width': 2 };
  if (kind === 'minimum') {
    return (
      element('circle', { cx: x, cy: y, r: 6, fill: '#fff', ...dark }) +
      element('circle', { cx: x, cy: y, r: 2.2, fill: '#111' })
    );
  }
  const d = `M${round(x - 6)},${round(y)}h12M${round(x)},${round(y - 6)}v12`;
  return element('path', { d, stroke: '#fff', 'stroke-width': 5 }) + element('path', { d, ...dark });
}

function bandLegend(
  limits: readonly number[],
  points: readonly SimplexPoint[],
  { left, right, top }: { left: number; right: number; top: number },
  name: string,
): string {
  const values = points.map(({ value }) => value).filter(Number.isFinite);
  if (values.length === 0) return label((left + right) / 2, top, 'no data', 'middle');
  const ends = [Math.min(...values), ...limits, Math.max(...values)];
  const step = (right - left) / (ends.length - 1);
  const texts = ends.map((end) => numberText(end, 2));
  // As many of the numbers as have room beside each other.
  const every = Math.ceil((LETTER * Math.max(...texts.map(({ length }) => length)) + 4) / step);
  return [
    label(left, top - 6, `${name}: darker is lower`, 'start'),
    ...ends.slice(1).map((_, i) => element('rect', { x: left + i * step, y: top, width: step, height: 12, fill: shade(i, limits), stroke: 'currentColor', 'stroke-opacity': 0.4 })), // prettier-ignore
    ...texts.map((text, i) =>
      i % every === 0 ? label(left + i * step, top + 27, text, 'middle', { 'font-size': 11 }) : '',
    ),
  ].join('');
}

const polygon = (points: readonly Point[]) => points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
