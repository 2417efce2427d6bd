import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { readScores, type DecodedScores, type TestReport } from '@segloss/trainer';

import type { CellResult, Part } from './results.js';

/** What `segloss test` found for a run on its own images. */
export interface TestedRun extends Pick<TestReport, 'classes' | 'lesions' | 'marginals' | 'reliability'> {
  /** Empty where it was tested with one decoding. */
  readonly decodings: readonly DecodedScores[];
  /** With `--calibrated`: the probabilities scaled by the run's temperature. */
  readonly calibrated: Pick<TestReport, 'marginals' | 'reliability' | 'temperatures'> | undefined;
}

/**
 * Reads what `segloss test` wrote into the folder of a run.
 *
 * @returns Undefined if the run was not tested; `stale` if it was, with weights that it no longer has, or by an older version.
 */
export function readTested({ folder, scores }: CellResult, part: Part): TestedRun | 'stale' | undefined {
  const report = scores && readReport(path.join(folder, `test-${part}.json`));
  // Of other data (`--data`) there is no place in a table of this set.
  if (report === undefined || report.trainedOn !== undefined) return undefined;
  const { last, best, test } = readScores(path.join(folder, 'scores.json'));
  const known = [last, best, test].map((one) => one?.weightsSha256);
  const isCurrent = (one: Partial<TestReport>) =>
    one.weightsSha256?.length === 1 && known.includes(one.weightsSha256[0]);
  if (!isCurrent(report)) return 'stale';
  const { classes, lesions, marginals, reliability, decodings = [] } = report;
  const calibrated = readReport(path.join(folder, `test-${part}-calibrated.json`));
  const usable =
    calibrated?.trainedOn === undefined && calibrated?.weightsSha256?.[0] === report.weightsSha256[0];
  return {
    ...{ classes, marginals, reliability, decodings, calibrated: usable ? calibrated : undefined },
    ...(lesions && { lesions }),
  };
}

function readReport(file: string): TestReport | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TestReport) : undefined;
}
