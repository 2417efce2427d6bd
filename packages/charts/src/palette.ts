/** Okabe and Ito's colours, told apart by colour-blind readers, less the two that are faint on white. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#7a5195', '#e69f00', '#56b4e9', '#555555'];

/** Dash patterns, so that lines stay apart without colour. */
const DASHES = [undefined, '7 3', '2 3', '9 3 2 3', '4 2', '12 4', '1 4', '6 2 1 2 1 2'];

/**
 * Returns the color and the dash of the i-th series of a chart, for a legend of one's own.
 *
 * @example
 * ```ts
 * seriesLook(1); // → { colour: '#d55e00', dash: '7 3' }
 * ```
 */
export function seriesLook(index: number, dash?: string): { colour: string; dash: string | undefined } {
  return { colour: COLOURS[index % COLOURS.length]!, dash: dash ?? DASHES[index % DASHES.length] };
}

/** Shades of a map from low to high: one hue that grows lighter, so that a gray print keeps the order. */
export const BANDS = ['#2c7fb8', '#5296c6', '#76aed3', '#9ac5df', '#bcd9ea', '#dbebf4', '#f5fafd'];
