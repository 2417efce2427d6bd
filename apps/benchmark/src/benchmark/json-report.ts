import type { ScoreSummary } from '@segloss/metrics';
import { toJson } from '@segloss/trainer';

import { testedSection } from './decoding-results.js';
import { lesionResults } from './lesion-results.js';
import type { MeasuredForce, MeasuredForces } from './measured-forces.js';
import { forceOf, NO_SPEC, sizeBins, type Force } from './size-bins.js';
import { verdict } from './report/verdict.js';
import type { Results } from './results.js';
import { rowName, specOf, type Leaderboard } from './table.js';

/**
 * Everything that the page says in numbers, as JSON; NaN is null.
 *
 * @param measured Of `measureForces`.
 */
export function jsonReport(board: Leaderboard, results: Results, measured: MeasuredForces): string {
  const { name, axes, weights, part, tuning } = results;
  const report = {
    schemaVersion: 1,
    ...{ name, axes, weights, part },
    verdict: verdict(board, results),
    sections: board.sections.map(({ title, columns, rows, data, statistics }) => {
      const trained = rows.filter(({ constant }) => !constant);
      const { decodings, calibration, lesions: lesionsFound } = testedSection({ data, rows }, part);
      const classOf = (k: number) => data?.classes[k] ?? null;
      return {
        ...{ title, data: data ?? null },
        rows: rows.map((row) => ({
          ...{ name: rowName(row), best: row.best, tied: row.tied, constant: row.constant, runs: row.runs },
          scores: Object.fromEntries(columns.map((column, i) => [column.title, pick(row.cells[i]!)])),
          bins: data === undefined || row.constant ? [] : sizeBins(row.replicates, data.rareClass).map((bin) => ({ ...bin, ...forceIn(specOf(row), bin.truth), ...measuredIn(measured, specOf(row), bin.truth) })), // prettier-ignore
        })),
        lesions: lesionResults({ data, rows }).map(({ row, k, size, rates, ...scores }) => ({ row: rowName(row), class: classOf(k), size: size ?? null, ...picked(scores), ...picked(rates ?? {}) })), // prettier-ignore
        decodedLesions: lesionsFound ?? null,
        decodings: decodings.map(({ row, decoding, runs, scores }) => ({ row: rowName(row), decoding, runs, scores: picked(lesionsFound === 'different' ? { ...scores, 'lesion F1': NO_SCORE } : scores) })), // prettier-ignore
        calibration: calibration.map(({ row, k, calibrated, runs, scores }) => ({ row: rowName(row), class: classOf(k), calibrated, runs, scores: picked(scores) })), // prettier-ignore
        pairs: (statistics?.comparisons ?? []).map(({ first, second, difference, test, adjustedP, distinguishable }) => ({ row: rowName(trained[second]!), comparedWith: rowName(trained[first]!), difference, test, adjustedP, distinguishable })), // prettier-ignore
      };
    }),
    ranks: board.ranking?.names.map((row, i) => ({ row, ...board.ranking!.ranks[i]! })) ?? null,
    tuning: tuning ?? null,
    unfinished: results.cells.flatMap(({ labels, state, message, folder }) => (state === 'finished' ? [] : [{ labels, state, message, folder }])), // prettier-ignore
  };
  return `${toJson(report, 2)}\n`;
}

const pick = ({ mean, standardDeviation, cases, interval }: Leaderboard['sections'][number]['rows'][number]['cells'][number]) => ({ mean, standardDeviation, trainings: cases, ...(interval !== undefined && { interval }) }); // prettier-ignore

const NO_SCORE: ScoreSummary = { mean: NaN, standardDeviation: NaN, median: NaN, cases: 0, total: 0 };

/** Scores over the repetitions; plain numbers stay. */
const picked = (scores: Readonly<Record<string, number | ScoreSummary>>) => Object.fromEntries(Object.entries(scores).map(([key, score]) => [key, typeof score === 'number' ? score : pick(score)])); // prettier-ignore

/** `force` is null where the penalty has no closed form, and `noForce` says why. */
function forceIn(spec: string | undefined, truth: number): { force: Force | null; noForce?: string } {
  const force = spec === undefined ? NO_SPEC : forceOf(spec, truth);
  return 'reason' in force ? { force: null, noForce: force.reason } : { force };
}

/** `measured` is null where the loss was not measured, and `notMeasured` says why. */
function measuredIn(
  forces: MeasuredForces,
  spec: string | undefined,
  truth: number,
): { measured: MeasuredForce | null; notMeasured?: string } {
  const measured = spec === undefined ? NO_SPEC : forces.of(spec, truth);
  return 'reason' in measured ? { measured: null, notMeasured: measured.reason } : { measured };
}
