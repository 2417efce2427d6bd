import { DataError } from '@segloss/data';
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';

import { nearestName } from '@segloss/common';

import { type RunConfig } from '../config/schema.js';

type Groups = RunConfig['data']['groups'];

/** Column of the names of cases in a file of groups. */
const CASE = 'case';

/**
 * Returns the function that names the group of a case.
 *
 * @throws {DataError} If the file cannot be read or lacks a column; later, if a case has no group.
 */
export function groupNaming(groups: Groups): (id: string) => string {
  if (groups?.pattern !== undefined) return byPattern(groups.pattern);
  if (groups?.file !== undefined) return byFile(groups.file, groups.column!);
  return (id) => id;
}

function byPattern(text: string): (id: string) => string {
  const pattern = new RegExp(text, 'u');
  return (id) => {
    const match = pattern.exec(id);
    if (match !== null) return match[1] ?? match[0];
    throw new DataError(
      `data.groups: the pattern ${text} does not match the case ${id}; wanted one that matches every case`,
      'bad-split',
    );
  };
}

function byFile(file: string, column: string): (id: string) => string {
  const groups = new Map<string, string>();
  for (const { [CASE]: id, [column]: group } of rowsOf(file, column)) {
    const before = groups.get(id!);
    if (before !== undefined && before !== group) {
      throw new DataError(`${file}: the case ${id} has two groups, ${before} and ${group}; keep one line`, 'bad-split'); // prettier-ignore
    }
    if (group) groups.set(id!, group);
  }
  return (id) => {
    const group = groups.get(id);
    if (group !== undefined) return group;
    throw new DataError(
      `${file}: no ${column} for the case ${id}; wanted a line for every case, under the name without folder and ending`,
      'bad-split',
    );
  };
}

function rowsOf(file: string, column: string): Record<string, string>[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(readFileSync(file), { columns: true, bom: true, trim: true, skip_empty_lines: true, delimiter: [',', ';', '\t'] }); // prettier-ignore
  } catch (error) {
    throw new DataError(`cannot read the groups ${file}: ${(error as Error).message}`, 'unreadable');
  }
  const known = Object.keys(rows[0] ?? {});
  for (const name of [CASE, column]) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw new DataError(
      `${file}: wanted a column "${name}", got ${known.join(', ') || 'no columns'}${near === undefined ? '' : `; did you mean "${near}"?`}`,
      'bad-split',
    );
  }
  return rows;
}
