import { html, type Html } from './html.js';

/** A cell of a table: text is escaped, `Html` is not. */
export type Cell = Html | string;

/** What {@link table} draws. */
export interface TableOptions {
  readonly head?: readonly Cell[];
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly Cell[])[];
  readonly caption?: string;
  /** Class of the style sheet: `plain` for words, which are aligned to the left. */
  readonly name?: string;
  /** Cells of a row that name it; default 1. */
  readonly names?: number;
}

/** Draws a table that scrolls sideways where the page is narrow. */
export function table({ head, rows, caption, name = '', names = 1 }: TableOptions): Html {
  const label = (i: number) => textOf(head?.[i] ?? '');
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption ?? 'table'}">
    <table class="${name}" data-names="${names}">
      ${
        caption === undefined
          ? ''
          : html`<caption>
              ${caption}
            </caption>`
      }
      ${
        head === undefined
          ? ''
          : html`<thead>
              <tr>
                ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
              </tr>
            </thead>`
      }
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => (i < names ? html`<th scope="row">${cell}</th>` : html`<td data-label="${label(i)}">${cell}</td>`))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The text of a heading, for rows that stand alone on a narrow page. */
export const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : plainText(cell.text));

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

const plainText = (markup: string): string =>
  markup
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .replace(/&(lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity]!)
    .trim();
