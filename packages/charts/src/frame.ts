import { element, escapeText } from './svg.js';

/** Width of a letter at 12 px, roughly; text is measured without a browser. */
export const LETTER = 6.6;

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
    element('text', { x: left, y: 18, 'font-weight': 'bold', 'font-size': 13 }, escapeText(title)),
    ...children,
  );
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
