import type { SizeReport } from './analysis.js';

/**
 * The report as `segloss analyze --json` prints it. Where there is no number, JSON has null.
 *
 * @example
 * ```ts
 * sizeReportJson({ schemaVersion: 1, runs: [] }); // → '{\n  "schemaVersion": 1,\n  "runs": []\n}\n'
 * ```
 */
export const sizeReportJson = (report: SizeReport): string => `${JSON.stringify(report, null, 2)}\n`;
