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
  const { x, size } = titlePlace(title, left, width);
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img',
      'font-family': 'system-ui, sans-serif', 'font-size': 12, fill: 'currentColor' }, // prettier-ignore
    element('title', {}, escapeText(title)),
    element('desc', {}, escapeText(description)),
    background === undefined ? '' : element('rect', { width: '100%', height: '100%', fill: background }),
    element('text', { x, y: 18, 'font-weight': 'bold', 'font-size': size }, escapeText(title)),
    ...children,
  );
}

/** Where a title starts, and its size: above the drawing area or, where it has no room there, further left and smaller. */
function titlePlace(title: string, left: number, width: number): { x: number; size: number } {
  const needed = title.length * TITLE_LETTER;
  const size = Math.max(8, Math.min(13, Math.floor((130 * (width - 8)) / needed) / 10));
  return { x: Math.max(4, Math.min(left, Math.floor(width - 4 - (needed * size) / 13))), size };
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
