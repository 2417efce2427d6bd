import { fraction } from '../fraction.js';
import { checkKeys } from '@segloss/common';
import { type ComponentMatch, type ComponentPair } from './match.js';
import { optimal } from './optimal.js';

/** Found, invented and missed components. Null where 0 is divided by 0. */
export interface LesionScores {
  /** True components that are found, and those that are missed. */
  readonly found: number;
  readonly missed: number;
  /** Predicted components that are right, and those that are invented. */
  readonly right: number;
  readonly invented: number;
  /** found / (found + missed). */
  readonly recall: number | null;
  /** right / (right + invented). */
  readonly precision: number | null;
  /** Harmonic mean of both; 0 if both are. */
  readonly f1: number | null;
}

/** Options of {@link lesionScores}. */
export interface LesionScoreOptions {
  /**
   * A pair counts if its IoU is above this, and each component is in one pair at most. Default: any shared pixel counts, and components may be
   * in several pairs.
   */
  iou?: number;
  /**
   * With `iou`, how components that overlap several others are paired. `greedy` (default): the largest IoU first; `optimal`: as many pairs as
   * possible, then the largest sum of IoU (Hungarian matching). From an IoU of 0.5 on a component has one candidate at most, and both agree.
   */
  matching?: 'greedy' | 'optimal';
}

/**
 * Scores the detection of components: lesion F1, precision and recall.
 *
 * @throws {RangeError} If the IoU is not from 0 to below 1, or the matching is unknown. @throws {TypeError} If there is a matching without an IoU.
 *
 * @example
 * ```ts
 * const match = matchComponents([1, 1, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1], { shape: [1, 6] });
 * lesionScores(match); // → {"found":1,"missed":1,"right":1,"invented":1,"recall":0.5,"precision":0.5,"f1":0.5}
 * lesionScores(match, { iou: 0.5 }).f1; // → 0
 * ```
 */
export function lesionScores(match: ComponentMatch, options: LesionScoreOptions = {}): LesionScores {
  checkKeys('lesionScores', options, ['iou', 'matching']);
  const { iou, matching } = options;
  if (iou !== undefined && !(iou >= 0 && iou < 1)) {
    throw new RangeError(`lesionScores: wanted an iou from 0 to below 1, got ${String(iou)}`);
  }
  if (matching !== undefined && matching !== 'greedy' && matching !== 'optimal') {
    throw new RangeError(
      `lesionScores: wanted matching 'greedy' or 'optimal', got ${JSON.stringify(matching)}`,
    );
  }
  if (matching !== undefined && iou === undefined) {
    throw new TypeError(
      'lesionScores: wanted an iou with matching, got none; without one any overlap counts',
    );
  }
  const pairs = pairsOf(match, iou, matching);
  const found = new Set(pairs.map(({ truth }) => truth)).size;
  const right = new Set(pairs.map(({ predicted }) => predicted)).size;
  const recall = fraction(found, match.truth.length);
  const precision = fraction(right, match.predicted.length);
  const sum = (recall ?? 0) + (precision ?? 0);
  return {
    found,
    missed: match.truth.length - found,
    right,
    invented: match.predicted.length - right,
    recall,
    precision,
    f1: recall === null || precision === null ? null : sum === 0 ? 0 : (2 * recall * precision) / sum,
  };
}

/** The pairs that count. */
export function pairsOf(
  match: ComponentMatch,
  iou: number | undefined,
  matching: LesionScoreOptions['matching'],
): readonly ComponentPair[] {
  if (iou === undefined) return match.pairs;
  return matching === 'optimal' ? optimal(match.pairs.filter((pair) => pair.iou > iou)) : greedy(match, iou);
}

/** Pairs above the IoU, the largest first, with each component once. */
export function greedy({ pairs }: ComponentMatch, iou: number): ComponentPair[] {
  const used = { truth: new Set<number>(), predicted: new Set<number>() };
  return [...pairs]
    .filter((pair) => pair.iou > iou)
    .sort((a, b) => b.iou - a.iou || a.truth - b.truth || a.predicted - b.predicted)
    .filter(({ truth, predicted }) => {
      if (used.truth.has(truth) || used.predicted.has(predicted)) return false;
      used.truth.add(truth);
      used.predicted.add(predicted);
      return true;
    });
}

/** Panoptic quality; null where there is no component at all, `sq` where none is recognized. */
export interface PanopticQuality {
  /** Mean IoU of the recognized components. */
  readonly sq: number | null;
  /** Their number over the mean number of components of truth and prediction. */
  readonly rq: number | null;
  /** sq · rq, 0 where none is recognized. */
  readonly pq: number | null;
}

/**
 * Panoptic quality of the components: those with an IoU above 0.5 are recognized.
 *
 * @example
 * ```ts
 * const match = matchComponents([1, 1, 1, 0, 1], [1, 1, 0, 0, 0], { shape: [1, 5] });
 * panopticQuality(match); // → {"sq":0.6667,"rq":0.6667,"pq":0.4444}
 * ```
 *
 * @see A. Kirillov et al., "Panoptic segmentation", CVPR 2019, arXiv:1801.00868.
 */
export function panopticQuality(match: ComponentMatch): PanopticQuality {
  const recognized = greedy(match, 0.5);
  const total = recognized.reduce((sum, { iou }) => sum + iou, 0);
  const mean = (match.truth.length + match.predicted.length) / 2;
  return {
    sq: fraction(total, recognized.length),
    rq: fraction(recognized.length, mean),
    pq: fraction(total, mean),
  };
}
