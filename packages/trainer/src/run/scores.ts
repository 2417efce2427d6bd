import { readFileSync } from 'node:fs';

import { IGNORED, type Sample, type SampleSource } from '@segloss/data';
import { scoreCase, summarizeCases, type CaseScore, type CasesSummary } from '@segloss/metrics';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { inGroups, sizesOf } from '../loop/batches.js';
import { type Prediction } from '../loop/classify.js';
import { predictMirrored } from '../loop/predict-mirrored.js';
import { predict } from '../loop/predict.js';
import { type SlidingWindowOptions } from '../loop/sliding-window.js';
import { RunError } from './run-error.js';
import { volumeScores, type VolumeScores } from './volume-scores.js';

/** What weights reach on the validation images, image by image, at the size at which the run trains. */
export interface WeightScores {
  /** SHA-256 of the weights. */
  readonly weightsSha256: string;
  readonly cases: readonly CaseScore[];
  readonly summary: CasesSummary;
  /** Of a run on slices: the same of whole volumes, from the pixels of all their slices at the size at which the run trains. */
  readonly volumes?: VolumeScores;
}

/** `scores.json`: enough to draw every table without the images. Undefined scores are null. */
export interface RunScores {
  readonly schemaVersion: 1;
  readonly classes: readonly string[];
  /** Index of the background class; null where every class counts. */
  readonly background: number | null;
  readonly last: WeightScores;
  /** Absent where no epoch had the monitored metric. */
  readonly best?: WeightScores;
  /** The images of `data.test`, scored with the best weights (the last where there are no best ones); absent without such images. */
  readonly test?: WeightScores;
}

/** How images are scored. */
export interface ScoreOptions {
  readonly classes: readonly string[];
  readonly background: number | null;
  readonly batchSize: number;
  /** Windows over images that are larger than what the model takes. */
  readonly window?: SlidingWindowOptions;
  /** Whether all slices of a volume are scored, so that scores of volumes follow. */
  readonly complete?: boolean;
  /** Means of the probabilities over all mirrorings. */
  readonly tta?: boolean;
  /** Ends the scoring between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Scores each image; keeps one batch in memory.
 *
 * @returns Undefined where the signal ended it.
 */
export async function scoreImages(
  model: LayersModel,
  sources: readonly SampleSource[],
  options: ScoreOptions,
): Promise<CaseScore[] | undefined> {
  const { classes, background, batchSize, window, signal } = options;
  const cases: CaseScore[] = [];
  for (const group of inGroups(sources, window === undefined ? batchSize : 1)) {
    if (signal?.aborted) return undefined;
    const samples = await Promise.all(group.map((source) => source.load()));
    const predictions = await predictionsOf(model, samples, options);
    predictions.forEach(({ id, labels, probabilities }, i) => {
      const { mask, spacing } = samples[i]!;
      const shape = sizesOf(samples[i]!);
      cases.push(
        scoreCase({
          ...{ id, truth: mask, predicted: labels, probabilities, shape, classes, background },
          ...(spacing && { spacing }),
          // Where every class counts, as in street scenes, regions are no lesions.
          ...(background !== null && { lesions: {} }),
          ignoreIndex: IGNORED,
        }),
      );
    });
    await new Promise((resolve) => setImmediate(resolve)); // lets signals and heartbeats in
  }
  return cases;
}

/** What the model predicts for samples, as validation does. */
export function predictionsOf(
  model: LayersModel,
  samples: readonly Sample[],
  { batchSize, window, tta = false }: Pick<ScoreOptions, 'batchSize' | 'window' | 'tta'>,
): Promise<Prediction[]> {
  return (tta ? predictMirrored : predict)(model, samples, { batchSize, ...(window && { window }) });
}

/** Scores and what they come to. */
export function weightScores(
  weightsSha256: string,
  cases: readonly CaseScore[],
  {
    classes,
    background,
    sources = [],
  }: Pick<ScoreOptions, 'classes' | 'background'> & { readonly sources?: readonly SampleSource[] },
): WeightScores {
  const volumes = volumeScores(cases, sources, { classes, background });
  return {
    ...{ weightsSha256, cases, summary: summarizeCases(cases, { classes, background }) },
    ...(volumes && { volumes }),
  };
}

/**
 * Reads the `scores.json` of a run.
 *
 * @throws {RunError} If there is none, or it is of another version.
 *
 * @example
 * ```ts
 * try {
 *   readScores('no-such-run/scores.json');
 * } catch (error) {
 *   error.name; // → "RunError"
 * }
 * ```
 */
export function readScores(file: string): RunScores {
  let scores: RunScores;
  try {
    scores = JSON.parse(readFileSync(file, 'utf8')) as RunScores;
  } catch (error) {
    throw new RunError(
      `cannot read ${file}: ${(error as Error).message}; has the run finished?`,
      'no-scores',
      {
        cause: error,
      },
    );
  }
  if (scores.schemaVersion === 1) return scores;
  throw new RunError(
    `${file}: wanted schemaVersion 1, got ${JSON.stringify(scores.schemaVersion)}; was it written by another version of segloss?`,
    'no-scores',
  );
}
