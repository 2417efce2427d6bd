import { label, LETTER } from './frame.js';

const ROW = 18;

/** The names below a chart, row by row, so that none overlaps. */
export interface Legend {
  /** In pixels. */
  readonly height: number;
  /** Draws it; `sample` draws the 26 pixels before the name of the i-th entry. */
  draw(top: number, sample: (index: number, x: number, y: number) => string): string;
}

/** Places the names from `from` to `width`, or from further left where the longest has no room. */
export function makeLegend(names: readonly string[], from: number, width: number): Legend {
  const longest = names.reduce((most, { length }) => Math.max(most, length), 0);
  const left = Math.max(0, Math.min(from, width - 34 - longest * LETTER));
  const rows: { index: number; x: number }[][] = [[]];
  let x = left;
  names.forEach((name, index) => {
    const needed = 34 + name.length * LETTER + 14;
    if (x + needed > width && rows.at(-1)!.length > 0) {
      rows.push([]);
      x = left;
    }
    rows.at(-1)!.push({ index, x });
    x += needed;
  });
  return {
    height: rows.length * ROW + 6,
    draw: (top, sample) =>
      rows
        .flatMap((row, r) =>
          row.map(({ index, x }) => {
            const y = top + r * ROW + 8;
            return sample(index, x, y) + label(x + 32, y + 4, names[index]!, 'start');
          }),
        )
        .join(''),
  };
}
