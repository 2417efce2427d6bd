import { seriesLook } from './palette.js';
import { element } from './svg.js';

/** White lines on the color of a series, so that areas stay apart without color; the first is plain. */
const HATCHES = ['', 'M-1,7L7,-1M-1,1L1,-1M5,7L7,5', 'M3,0V6', 'M0,3H6', 'M-1,-1L7,7M-1,5L1,7M5,-1L7,1'];

/** Name of the pattern of the i-th series; the same name has the same look in every chart of a page. */
const idOf = (index: number) => `segloss-area-${index}`;

/** The definitions that {@link areaFill} refers to. */
export function areaPatterns(count: number): string {
  const patterns = Array.from({ length: count }, (_, index) =>
    element(
      'pattern',
      { id: idOf(index), width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
      element('rect', { width: 6, height: 6, fill: seriesLook(index).colour }),
      element('path', { d: HATCHES[index % HATCHES.length]!, stroke: '#fff', 'stroke-width': 1.4 }),
    ),
  );
  return element('defs', {}, ...patterns);
}

/** The fill of an area of the i-th series. */
export const areaFill = (index: number): string => `url(#${idOf(index)})`;
