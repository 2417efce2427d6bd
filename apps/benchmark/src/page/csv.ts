import { html, type Html } from './html.js';

/** A value of a CSV, in quotes where it needs them. */
export const csvValue = (value: string | number): string => {
  const text = typeof value === 'number' ? (Number.isNaN(value) ? '' : String(value)) : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Rows as a CSV. */
export const csvText = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((cells) => `${cells.map(csvValue).join(',')}\n`).join('');

/** A link that saves a CSV, without a script and without a server. */
export function csvLink(name: string, csv: string): Html {
  return html`<p class="download">
    <a download="${name}.csv" href="data:text/csv;charset=utf-8,${encodeURIComponent(csv)}">${name}.csv</a>
  </p>`;
}
