import { element, escapeText } from './svg.js';

/** Width of a letter at 12 px, roughly; text is measured without a browser. */
export const LETTER = 6.6;

/** Width of a bold letter at 13 px. */
const TITLE_LETTER = 7.6;

/** Edges of a drawing area in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What every chart says about itself. */
export interface Titled {
  readonly title: string;
  /** One sentence for those who do not see the chart. */
  readonly description: string;
}

/** The SVG around a chart: size, title and description for screen readers, the title in sight. */
export function svgFrame(
  { title, description }: Titled,
  {
    width,
    height,
    left,
    background,
  }: { width: number; height: number; left: number; background?: string | undefined },
  ...children: readonly string[]
): string {
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img',
      'font-family': 'system-ui, sans-serif', 'font-size': 12, fill: 'currentColor' }, // prettier-ignore
    element('title', {}, escapeText(title)),
    element('desc', {}, escapeText(description)),
    background === undefined ? '' : element('rect', { width: '100%', height: '100%', fill: background }),
    titleText(title, left, width),
    ...children,
  );
}

const TITLE_SIZE = 13;
/** Smaller than this a title becomes two lines. */
const LEAST_TITLE_SIZE = 11;

/** The title above the drawing area or, where it has no room there, further left, smaller, and at last in two lines. */
function titleText(title: string, left: number, width: number): string {
  const one = titlePlace([title], left, width);
  const lines = one.size < LEAST_TITLE_SIZE ? halves(title) : [title];
  const { x, size } = lines.length === 1 ? one : titlePlace(lines, left, width);
  return lines
    .map((line, i) => {
      const y = lines.length === 1 ? 18 : 12 + 14 * i;
      return element('text', { x, y, 'font-weight': 'bold', 'font-size': size }, escapeText(line));
    })
    .join('');
}

/** Where lines start, and their size. */
function titlePlace(lines: readonly string[], left: number, width: number): { x: number; size: number } {
  const needed = Math.max(...lines.map(({ length }) => length)) * TITLE_LETTER;
  const most = lines.length === 1 ? TITLE_SIZE : 12;
  const fitting = Math.floor((10 * TITLE_SIZE * (width - 8)) / needed) / 10;
  const size = Math.max(8, Math.min(most, fitting));
  return { x: Math.max(4, Math.min(left, Math.floor(width - 4 - (needed * size) / TITLE_SIZE))), size };
}

/** A text in two lines, parted at the space nearest to its middle. */
function halves(text: string): string[] {
  const spaces = [...text].flatMap((letter, i) => (letter === ' ' ? [i] : []));
  if (spaces.length === 0) return [text];
  const middle = text.length / 2;
  const at = spaces.reduce((a, b) => (Math.abs(b - middle) < Math.abs(a - middle) ? b : a));
  return [text.slice(0, at), text.slice(at + 1)];
}

/** A line of text in the color of the page. */
export function label(
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle' | 'end',
  more: Readonly<Record<string, string | number>> = {},
): string {
  return element('text', { x, y, 'text-anchor': anchor, ...more }, escapeText(content));
}
