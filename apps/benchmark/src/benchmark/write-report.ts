import path from 'node:path';

import { OutputError, OutputFolder } from '@segloss/trainer';

import { measureForces, type MeasuredForces } from './measured-forces.js';
import { FILES } from './plan.js';
import { renderReport } from './report/page.js';
import type { Results } from './results.js';
import { leaderboard } from './table.js';
import { toCsv, toMarkdown } from './table-formats.js';

/**
 * Writes `report.html`, and of a benchmark `table.md` and `table.csv`, into the folder of the results.
 *
 * @param command What the page names as the command. @param measured Of `measureForces`.
 * @returns The path of the page.
 * @throws {OutputError} If a file of such a name is there that segloss did not write, or that was changed since.
 */
export function writeReport(results: Results, command: string, measured?: MeasuredForces): string {
  const out = new OutputFolder(results.folder, { reads: [], remedy: 'move it away' });
  const names = results.several ? [FILES.report, FILES.markdown, FILES.csv] : [FILES.report];
  out.check(names);
  out.write(FILES.report, Buffer.from(renderReport(results, command, measured)));
  if (results.several) {
    const board = leaderboard(results);
    out.write(FILES.markdown, Buffer.from(toMarkdown(board)));
    out.write(FILES.csv, Buffer.from(toCsv(board)));
  }
  return path.join(results.folder, FILES.report);
}

/**
 * Writes the report of what has just been trained. The trainings are saved by then, so that a file in the way of the page is a warning.
 *
 * @param say Receives the warning, which names the file.
 * @returns The path of the page; undefined if a file is in the way.
 */
export async function writeReportAfter(
  results: Results,
  command: string,
  say: (text: string) => void,
): Promise<string | undefined> {
  try {
    // Modules of the user's own have just been run.
    const measured = await measureForces(leaderboard(results), { modules: true });
    return writeReport(results, command, measured);
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    say(
      `warning: no report was written, everything else is saved: ${error.message}, then run segloss report`,
    );
    return undefined;
  }
}
