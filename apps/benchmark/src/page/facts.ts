import { html, type Html } from './html.js';

/** Facts as a table of two columns. */
export function factsTable(rows: readonly (readonly [name: string, value: string | Html])[]): Html {
  return html`<div class="scroll">
    <table class="plain">
      <tbody>
        ${rows.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
