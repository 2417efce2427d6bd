import path from 'node:path';

import { FILES, replace } from './plan.js';
import { renderReport } from './report/page.js';
import type { Results } from './results.js';
import { leaderboard, toCsv, toMarkdown } from './table.js';

/**
 * Writes `report.html`, and of a benchmark `table.md` and `table.csv`, into the folder of the results.
 *
 * @param command What the page names as the command.
 * @returns The path of the page.
 */
export function writeReport(results: Results, command: string): string {
  const file = (name: string) => path.join(results.folder, name);
  replace(file(FILES.report), renderReport(results, command));
  if (!results.several) return file(FILES.report);
  const board = leaderboard(results);
  replace(file(FILES.markdown), toMarkdown(board));
  replace(file(FILES.csv), toCsv(board));
  return file(FILES.report);
}
