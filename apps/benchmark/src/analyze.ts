// `segloss analyze` without Node: for pages.
import type { LesionOptions } from '@segloss/metrics';

import { analyzeRuns, type AnalysisSettings, type SizeReport } from './analyze/analysis.js';
import { fileStore, type FileFolder } from './analyze/file-store.js';
import { readSummaries, type SummaryText } from './analyze/nnunet.js';
import { readRuns } from './analyze/read-runs.js';

export type { AnalysisSettings, SizeReport } from './analyze/analysis.js';
export type { FileFolder } from './analyze/file-store.js';
export { sizeReportJson } from './analyze/json.js';
export type { SummaryText } from './analyze/nnunet.js';
export { renderSizePage } from './analyze/page.js';

/** The defaults of the command. */
const DEFAULTS: AnalysisSettings = { quantiles: 4, resamples: 1000, seed: 0 };

/** What {@link analyzeFiles} reads. */
export interface AnalyzeFilesRequest {
  readonly truth: FileFolder;
  /** Predictions to compare; the first is the reference. */
  readonly predictions: readonly FileFolder[];
  /** Names of the labels 0 to K-1; default: the labels that the masks hold. */
  readonly classes?: readonly string[] | undefined;
  /** True label of pixels that do not count; default 255, unless true masks are 0 and 255. */
  readonly ignore?: number | undefined;
  /** Predictions are probabilities, as gray PNG or TIFF, and not labels. */
  readonly probabilities?: boolean;
  /** Also scores lesions (connected components) of every label but 0. Default: not. */
  readonly lesions?: LesionOptions;
  readonly settings?: Partial<AnalysisSettings>;
  /** Called after each case. */
  readonly onCase?: (done: number, total: number) => void;
}

/**
 * Returns how large each class is predicted, against the truth: the report of `segloss analyze`, from files in memory.
 *
 * @param request Folders of masks (PNG, TIFF, JPEG).
 * @throws {DataError} If a folder holds no masks, it is unclear what masks mean, or no case can be used.
 *
 * @example
 * ```ts
 * const truth = { name: 'gt', files: new Map() };
 * await analyzeFiles({ truth, predictions: [truth] }).catch((error) => error.code); // → "no-data"
 * ```
 */
export async function analyzeFiles({
  truth,
  predictions,
  probabilities = false,
  settings,
  ...request
}: AnalyzeFilesRequest): Promise<SizeReport> {
  const runs = predictions.map(({ name }) => ({ name, folder: name }));
  const store = fileStore([truth, ...predictions]);
  const read = await readRuns({ ...request, truth: truth.name, predictions: runs, probabilities }, store);
  return analyzeRuns(read, { ...DEFAULTS, ...settings });
}

/**
 * Returns the same report from summaries of nnU-Net (`summary.json`), version 2 or 1.
 *
 * @param files Text of each summary, with the name of its run.
 * @throws {DataError} If one is no summary, or no case can be used.
 *
 * @example
 * ```ts
 * const counts = { TP: 1, FP: 0, FN: 1, TN: 8 };
 * const text = JSON.stringify({ metric_per_case: [{ reference_file: 'a.nii.gz', metrics: { 1: counts } }] });
 * analyzeSummaries([{ name: 'run', file: 'summary.json', text }]).runs[0].cases[0].truth; // → [0.8, 0.2]
 * ```
 */
export function analyzeSummaries(
  files: readonly SummaryText[],
  { classes, settings }: Pick<AnalyzeFilesRequest, 'classes' | 'settings'> = {},
): SizeReport {
  return analyzeRuns(readSummaries(files, classes), { ...DEFAULTS, ...settings });
}
