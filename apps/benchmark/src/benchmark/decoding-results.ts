import {
  summarizeScores,
  type ClassReliability,
  type LesionOptions,
  type ScoreSummary,
} from '@segloss/metrics';

import { decodingName } from '../analyze/decodings.js';
import { pushTo } from '../page/push-to.js';
import { caseTable, imageDice } from './case-table.js';
import { meanOfDefined } from './statistics/index.js';
import { foregroundOf, type Row, type Section } from './table.js';
import { readTested, type TestedRun } from './tested-run.js';
import type { Part } from './results.js';

/** What one decoding reaches under one row of the table: means over the runs that were tested with it. */
export interface DecodingResult {
  readonly row: Row;
  readonly decoding: string;
  readonly runs: number;
  readonly scores: Readonly<Record<DecodingScore, ScoreSummary>>;
}

/** Scores that depend on the decoding. */
export const DECODING_SCORES = ['Dice/image', 'Dice', 'p/q hard', 'missed', 'invented', 'lesion F1'] as const;
export type DecodingScore = (typeof DECODING_SCORES)[number];

/** Calibration of the probabilities of a class under one row: means over the tested runs. */
export interface CalibrationResult {
  readonly row: Row;
  readonly k: number;
  /** Whether the probabilities are scaled by the temperature of each run. */
  readonly calibrated: boolean;
  readonly runs: number;
  readonly scores: Readonly<Record<CalibrationScore, ScoreSummary>>;
}

export const CALIBRATION_SCORES = ['ECE', 'ACE', 'MCE', 'p/q soft'] as const;
export type CalibrationScore = (typeof CALIBRATION_SCORES)[number];

/** What `segloss test` found for the runs of a section. */
export interface TestedSection {
  readonly decodings: readonly DecodingResult[];
  readonly calibration: readonly CalibrationResult[];
  /** When lesions are found: undefined where no run scored them, `different` where the runs did so in different ways and have no common F1. */
  readonly lesions: LesionOptions | 'different' | undefined;
  /** Runs whose test is of weights that they no longer have. */
  readonly stale: number;
}

/** Reads the tests of all runs of a section. */
export function testedSection({ data, rows }: Pick<Section, 'data' | 'rows'>, part: Part): TestedSection {
  const foreground = foregroundOf(data);
  const decodings: DecodingResult[] = [];
  const calibration: CalibrationResult[] = [];
  const criteria: LesionOptions[] = [];
  let stale = 0;
  for (const row of rows) {
    const found = row.results.flatMap((cell) => readTested(cell, part) ?? []);
    const tested = found.filter((one): one is TestedRun => one !== 'stale');
    stale += found.length - tested.length;
    if (data === undefined || tested.length === 0) continue;
    for (const { lesions, decodings: some } of tested) if (lesions && some.length > 0) criteria.push(lesions);
    decodings.push(...decodingsOf(row, tested, foreground, data.rareClass));
    const scaled = tested.flatMap((one) => one.calibrated ?? []);
    for (const k of foreground) {
      calibration.push(calibrationOf(row, k, false, tested));
      if (scaled.length > 0) calibration.push(calibrationOf(row, k, true, scaled));
    }
  }
  const same = criteria.every(({ iou }) => iou === criteria[0]!.iou);
  return { decodings, calibration, lesions: same ? criteria[0] : 'different', stale };
}

function decodingsOf(
  row: Row,
  tested: readonly TestedRun[],
  foreground: readonly number[],
  rareClass: number,
): DecodingResult[] {
  const values = new Map<string, Record<DecodingScore, number>[]>();
  for (const { decodings } of tested) {
    for (const { decode, cases, summary } of decodings) {
      pushTo(values, decodingName(decode), {
        'Dice/image': meanOfDefined(imageDice(caseTable(cases), foreground)),
        Dice: summary.foreground.dice ?? NaN,
        'p/q hard': summary.classes[rareClass]?.hard.ratio ?? NaN,
        missed: summary.foreground.missed,
        invented: summary.foreground.invented,
        'lesion F1': summary.foreground.lesionF1 ?? NaN,
      });
    }
  }
  return [...values].map(([decoding, all]) => ({
    ...{ row, decoding, runs: all.length },
    scores: over(DECODING_SCORES, all),
  }));
}

function calibrationOf(
  row: Row,
  k: number,
  calibrated: boolean,
  all: readonly {
    readonly reliability: readonly ClassReliability[];
    readonly marginals: TestedRun['marginals'];
  }[],
): CalibrationResult {
  const values = all.map(({ reliability, marginals: { soft, truth } }) => {
    const { ece, ace, mce } = reliability[k]!;
    return { ECE: number(ece), ACE: number(ace), MCE: number(mce), 'p/q soft': soft[k]! / truth[k]! };
  });
  return { row, k, calibrated, runs: all.length, scores: over(CALIBRATION_SCORES, values) };
}

/** JSON has null where there is no number. */
const number = (value: number | null): number => value ?? NaN;

function over<K extends string>(
  keys: readonly K[],
  all: readonly Record<K, number>[],
): Record<K, ScoreSummary> {
  return Object.fromEntries(keys.map((key) => [key, summarizeScores(all.map((one) => one[key]))])) as Record<
    K,
    ScoreSummary
  >;
}
