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
}

/** Draws a table that scrolls sideways where the page is narrow. */
export function table({ head, rows, caption, name = '' }: TableOptions): Html {
  return html`<div class="scroll">
    <table class="${name}">
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
          ([heading = '', ...cells]) =>
            html`<tr>
              <th scope="row">${heading}</th>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
