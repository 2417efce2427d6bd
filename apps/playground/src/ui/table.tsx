import type { ComponentChildren } from 'preact';

interface DataTableProps {
  readonly id: string;
  /** What a screen reader calls the region that scrolls. */
  readonly label: string;
  readonly caption: string;
  /** Headings of the columns; those with `words` hold text, not numbers. */
  readonly columns: readonly (string | { readonly words: string })[];
  readonly note?: string;
  /** The rows. */
  readonly children: ComponentChildren;
}

/** A table of numbers that scrolls where the screen is narrow. */
export function DataTable({ id, label, caption, columns, note, children }: DataTableProps) {
  return (
    <div class="card">
      <div class="scroll" tabIndex={0} role="region" aria-label={label}>
        <table class="data" id={id}>
          <caption>{caption}</caption>
          <thead>
            <tr>
              {columns.map((one) =>
                typeof one === 'string' ? (
                  <th scope="col" key={one}>
                    {one}
                  </th>
                ) : (
                  <th scope="col" class="words" key={one.words}>
                    {one.words}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
      {note !== undefined && <p class="small">{note}</p>}
    </div>
  );
}
