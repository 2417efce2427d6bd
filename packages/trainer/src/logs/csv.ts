import { replaceDurably } from './files.js';
import { readMetrics } from './metrics-log.js';

/**
 * Writes `metrics.csv` anew from `metrics.jsonl`: one row for each epoch, one column for each number, `val.dice.polyp` for that
 * of a class. Full precision; a number that is none is an empty cell. A reader sees the old table or the new one, never a part.
 *
 * @throws {RangeError} If the file is no `metrics.jsonl`.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const { readFileSync, writeFileSync } = await import('node:fs');
 * const file = `${tmpdir()}/segloss-example-metrics`;
 * const val = '{"loss":0.4,"dice":[1,null]}';
 * writeFileSync(`${file}.jsonl`, `{"schemaVersion":1,"classes":["rest","polyp"],"loss":"ce"}\n{"epoch":0,"terms":{"ce":0.5},"val":${val}}\n`);
 * writeCsv(`${file}.jsonl`, `${file}.csv`);
 * readFileSync(`${file}.csv`, 'utf8').split('\n'); // → ["epoch,terms.ce,val.loss,val.dice.rest,val.dice.polyp","0,0.5,0.4,1,",""]
 * ```
 */
export function writeCsv(jsonl: string, csv: string): void {
  const { classes, lines } = readMetrics(jsonl);
  const rows = lines.map(({ classes: _said, ...line }) => new Map(numbersOf(line, '', classes)));
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const table = [columns.map(quoted), ...rows.map((row) => columns.map((name) => cell(row.get(name))))];
  replaceDurably(csv, Buffer.from(table.map((cells) => `${cells.join(',')}\n`).join('')));
}

/** Every number below a value, by its path; places of a list are called by their class. */
export function* numbersOf(
  value: unknown,
  path: string,
  classes: readonly string[],
): Generator<[path: string, number: number]> {
  if (typeof value === 'number') yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  const entries = Array.isArray(value)
    ? value.map((item, i) => [classes[i] ?? i, item])
    : Object.entries(value);
  for (const [key, item] of entries) yield* numbersOf(item, path === '' ? key : `${path}.${key}`, classes);
}

/** RFC 4180, 2.6 and 2.7. */
const quoted = (name: string): string => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

const cell = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '' : String(value);
