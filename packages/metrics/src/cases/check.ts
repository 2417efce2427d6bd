import { DEFAULT_IGNORE_INDEX } from '../ignore-index.js';
import { checkShape } from '@segloss/geometry';

import { badLabel, isLabel } from '../labels.js';
import { checkChoice, checkKeys } from '@segloss/common';
import { type LesionOptions } from '../components/lesion-case.js';
import { type ScoreCaseOptions } from './types.js';

const CALLER = 'scoreCase';

const KEYS = [
  'id', 'truth', 'predicted', 'probabilities', 'shape', 'spacing', 'classes', 'background', 'ignoreIndex', 'mode', 'distances', 'tolerance', 'lesions',
]; // prettier-ignore

/** Options with every default filled in. */
export interface ResolvedCase extends Required<Omit<ScoreCaseOptions, 'probabilities' | 'lesions'>> {
  readonly probabilities: ArrayLike<number> | undefined;
  readonly lesions: LesionOptions | undefined;
  /** Number of pixels. */
  readonly size: number;
}

/** Checks everything but the values of the pixels. */
export function resolveCase(options: ScoreCaseOptions): ResolvedCase {
  checkKeys(CALLER, options, KEYS);
  const { id, truth, predicted, probabilities, shape, classes } = options;
  const {
    mode = 'multiclass',
    distances = 'hd95',
    ignoreIndex = DEFAULT_IGNORE_INDEX,
    tolerance = 1,
    lesions,
  } = options;
  const { background = mode === 'multilabel' ? null : 0, spacing = shape.map(() => 1) } = options;
  oneOf('mode', mode, ['multiclass', 'multilabel']);
  oneOf('distances', distances, ['none', 'hd95', 'all']);
  if (typeof id !== 'string') throw new TypeError(`${CALLER}: wanted id as a string, got ${typeof id}`);
  const K = classes.length;
  if (K < (mode === 'multilabel' ? 1 : 2)) {
    throw new RangeError(`${CALLER}: wanted ${mode === 'multilabel' ? 1 : 2} or more classes, got ${K}`);
  }
  if (background !== null && !(Number.isInteger(background) && background >= 0 && background < K)) {
    throw new RangeError(`${CALLER}: wanted background from 0 to ${K - 1} or null, got ${background}`);
  }
  if (!(tolerance >= 0)) throw new RangeError(`${CALLER}: wanted a tolerance of 0 or more, got ${tolerance}`);
  if (lesions !== undefined) checkKeys(`${CALLER}, lesions`, lesions, ['iou', 'connectivity', 'brats']);
  const size = shape.reduce((product, length) => product * length, 1);
  const layers = mode === 'multilabel' ? K : 1;
  checkShape(`${CALLER} of ${id}`, truth.length / layers, shape, spacing);
  checkShape(`${CALLER} of ${id}`, predicted.length / layers, shape, spacing);
  if (
    probabilities !== undefined &&
    probabilities.length !== size * K &&
    !(K === 2 && mode === 'multiclass' && probabilities.length === size)
  ) {
    throw new RangeError(
      `${CALLER} of ${id}: wanted ${size * K} probabilities for ${size} pixels and ${K} classes, got ${probabilities.length}; ` +
        `channels are last`,
    );
  }
  return {
    id, truth, predicted, probabilities, shape, spacing, classes, background, ignoreIndex, mode, distances, tolerance, lesions, size,
  }; // prettier-ignore
}

function oneOf(key: string, value: string, known: readonly string[]): void {
  checkChoice(CALLER, key, value, known);
}

/** Throws unless the value is a label from 0 to `highest`. */
export function checkLabel(
  what: 'true' | 'predicted',
  value: number,
  highest: number,
  id: string,
  pixel: number,
): void {
  if (!isLabel(value, highest + 1)) throw badLabel(`${CALLER} of ${id}`, what, value, highest + 1, pixel);
}
