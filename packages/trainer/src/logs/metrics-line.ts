import { checkKeys } from '@segloss/common';
import { type Evaluation } from '../loop/evaluate.js';

/** What the first line of `metrics.jsonl` says: what all others are about. */
export interface MetricsHead {
  /** Names of the classes, in the order of every list below. */
  readonly classes: readonly string[];
  /** The loss, as a spec. */
  readonly loss: string;
}

/** Label marginals by class: true, predicted by summed probabilities, predicted by counted labels. */
export type Marginals = Pick<Evaluation, 'truth' | 'soft' | 'hard'>;

/** One epoch in `metrics.jsonl`. No time of day and no duration: the same training writes the same bytes. */
export interface MetricsLine {
  /** 0-based. */
  readonly epoch: number;
  /** Updates of the weights so far. */
  readonly step: number;
  /** Of the last update. */
  readonly learningRate: number;
  /** Mean over the training images of the epoch. */
  readonly loss: number;
  /** Mean of each term, without its weight. */
  readonly terms: Readonly<Record<string, number>>;
  /** Mean length of the gradient. */
  readonly gradientNorm: number;
  readonly val: Evaluation;
  /** Of the training images, where they were counted. */
  readonly train?: Marginals;
  /** Names of the classes, where a line should say them again. */
  readonly classes?: readonly string[];
}

/** The keys of a line in the order of the file. */
const KEYS = ['epoch', 'step', 'learningRate', 'loss', 'terms', 'gradientNorm', 'val', 'train', 'classes'] as const satisfies readonly (keyof MetricsLine)[]; // prettier-ignore

/** A line as JSON, its keys in one order; numbers that JSON lacks are null. */
export function serialize(line: MetricsLine): string {
  checkKeys('MetricsLog', line, KEYS);
  return JSON.stringify(
    Object.fromEntries(KEYS.filter((key) => line[key] !== undefined).map((key) => [key, line[key]])),
  );
}
