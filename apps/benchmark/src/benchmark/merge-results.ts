import { RunError } from '@segloss/trainer';
import { realpathSync } from 'node:fs';
import path from 'node:path';

import type { Results } from './results.js';
import { leaderboard, rowName } from './table.js';

/** Title and key of the axis that tells several folders apart. */
const FOLDER = 'from';

/**
 * Puts the results of several folders into one: rows are told apart by an axis `from`, the name of the folder.
 *
 * @throws {RunError} If one is about test images and another about validation images, or two are one folder: its runs would count twice.
 */
export function mergeResults(all: readonly Results[]): Results {
  const [first] = all;
  if (all.length === 1) return first!;
  const places = all.map(({ folder }) => realpathSync(folder));
  const again = places.findIndex((place, i) => places.indexOf(place) !== i);
  if (again !== -1) {
    throw new RunError(
      `${all[again]!.folder}: the folder ${places[again]!} was named twice; name it once`,
      'not-a-run',
    );
  }
  const names = folderNames(all.map(({ folder }) => folder));
  const other = all.find(({ part, weights }) => part !== first!.part || weights !== first!.weights);
  if (other !== undefined) {
    throw new RunError(
      `${other.folder}: its scores are of other images or weights than those of ${first!.folder}; pass --on val or --weights`,
      'no-scores',
    );
  }
  const axes = new Map<string, { key: string; title: string; labels: string[] }>();
  for (const { key, title, labels } of all.flatMap((one) => one.axes)) {
    const known = axes.get(key) ?? { key, title, labels: [] };
    axes.set(key, { ...known, labels: [...new Set([...known.labels, ...labels])] });
  }
  // Folders may call one key by different titles.
  const titleOf = (results: Results, title: string) => axes.get(results.axes.find((axis) => axis.title === title)?.key ?? '')?.title ?? title; // prettier-ignore
  return {
    ...first!,
    name: names.join(' and '),
    axes: [{ key: FOLDER, title: FOLDER, labels: names }, ...axes.values()],
    cells: all.flatMap((results, i) =>
      results.cells.map((cell) => ({
        ...cell,
        labels: { [FOLDER]: names[i]!, ...Object.fromEntries(Object.entries(cell.labels).map(([title, label]) => [titleOf(results, title), label])) }, // prettier-ignore
      })),
    ),
    tuning: undefined,
    several: true,
  };
}

/** The last part of each folder, or as many as tell them apart. */
function folderNames(folders: readonly string[]): string[] {
  const parts = folders.map((folder) => path.resolve(folder).split(path.sep).filter(Boolean));
  for (let count = 1; ; count++) {
    const names = parts.map((one) => one.slice(-count).join('/'));
    if (new Set(names).size === names.length || count > Math.max(...parts.map(({ length }) => length)))
      return names;
  }
}

/** The results of some rows of the tables. */
export function onlyRows(results: Results, names: readonly string[]): Results {
  const kept = new Set(
    leaderboard(results).sections.flatMap(({ rows }) => rows.filter((row) => names.includes(rowName(row))).flatMap((row) => row.results)), // prettier-ignore
  );
  return { ...results, cells: results.cells.filter((cell) => kept.has(cell)) };
}
