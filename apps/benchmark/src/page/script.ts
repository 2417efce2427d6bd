/**
 * The only script of a report: sorts tables by a column and filters their rows. Without it everything is there, in the order of the page.
 * It is allowed by its hash alone.
 */
export const script = `for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const number = (text) => { const found = /-?\\d+(\\.\\d+)?/.exec(text); return found ? Number(found[0]) : NaN; };
  const sort = (column, head) => {
    const down = head.getAttribute('aria-sort') === 'ascending';
    heads.forEach((one) => one.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const rows = [...body.rows].map((row) => [row, row.cells[column].textContent.trim()]);
    const numeric = column >= Number(table.dataset.names ?? 1);
    rows.sort(([, a], [, b]) => {
      if (!numeric) return a < b ? -1 : a > b ? 1 : 0;
      const [x, y] = [number(a), number(b)];
      return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : Number.isNaN(y) ? -1 : down ? y - x : x - y;
    });
    if (!numeric && down) rows.reverse();
    body.append(...rows.map(([row]) => row));
  };
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sort(column, head));
    head.append(button);
  });
  if (body.rows.length < 6) continue;
  const label = document.createElement('label');
  const input = document.createElement('input');
  input.type = 'search';
  label.append('Show rows with ', input);
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  label.className = 'filter';
  table.parentElement.before(label);
}`;
