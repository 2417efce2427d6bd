import Table from 'cli-table3';

/** A table of text; the columns that name the row are left-aligned, all others right. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that name the row; default 1. */
  readonly names?: number;
  /** Titles of further columns of words, which are left-aligned too. */
  readonly words?: ReadonlySet<string>;
  /** Leaves out a name that only repeats the row above. */
  readonly grouped?: boolean;
}

/** Narrower terminals than this get the same width: nothing readable fits. */
const NARROWEST = 40;

/**
 * Returns a table for a terminal. Where it is wider than the terminal, every row becomes a short list instead, `head value`, wrapped at the
 * width.
 *
 * @param width Columns of the terminal; undefined for a pipe, which has no width.
 * @param paint Colors a row's text.
 */
export function textTable(
  { head, rows, names = 1, words = new Set(), grouped = false }: TextTable,
  width?: number,
  paint: (text: string, row: number) => string = (text) => text,
): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((title, i) => (i < names || words.has(title) ? 'left' : 'right')),
  });
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const total = widths.reduce((sum, one) => sum + one + 3, 1);
  if (width === undefined || total <= Math.max(NARROWEST, width)) {
    rows.forEach((row, i) => {
      const above = grouped ? rows[i - 1] : undefined;
      const repeats = (column: number) =>
        column < names && row.slice(0, column + 1).every((text, c) => text === above?.[c]);
      table.push(row.map((text, column) => (repeats(column) ? '' : paint(text, i))));
    });
    return table.toString();
  }
  return rows
    .map((row, i) => {
      const title = row.slice(0, names).filter(Boolean).join(', ');
      const facts = row
        .slice(names)
        .flatMap((text, k) => (text === '' ? [] : [`${head[k + names]} ${text}`]));
      return paint(`${title}\n${wrap(facts, Math.max(NARROWEST, width))}`, i);
    })
    .join('\n');
}

/** Joins parts into lines of at most `width` columns; a part is never split. */
function wrap(parts: readonly string[], width: number): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + part.length <= width)
      lines[lines.length - 1] = `${last}  ${part}`;
    else lines.push(`  ${part}`);
  }
  return lines.join('\n');
}

/** Breaks a sentence into lines of at most `width` columns, at spaces. */
export function wrapWords(sentence: string, width: number): string {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= Math.max(NARROWEST, width))
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
