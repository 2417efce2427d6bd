import { checkKeys, DEFAULT_IGNORE_INDEX } from '@segloss/losses';

/** What the paper's formulas read of one image, in float64; a list has one number for each class. */
export interface RegionQuantities {
  /** Pixels that count. */
  readonly n: number;
  /** True and predicted label marginals. */
  readonly q: number[];
  readonly p: number[];
  /** Mean probability inside the true region (soft recall); NaN for a class that is absent. */
  readonly m: number[];
  /** Mean log probability inside the true region; NaN for a class that is absent. */
  readonly logLikelihood: number[];
  /** Least probability of a true class: the ε of {@link reverseBound}. */
  readonly smallest: number;
}

/** Options of {@link regionQuantities}. */
export interface RegionQuantitiesOptions {
  /** Label of pixels that do not count; negative ones never do. Default 255. */
  ignoreIndex?: number;
}

/**
 * The quantities of the paper's formulas from the labels and probabilities of one image, in float64.
 *
 *     q_k = |Y_k|/n · p_k = (1/n) Σ_i s_ik · m_k = (1/|Y_k|) Σ_{i∈Y_k} s_ik · (1/|Y_k|) Σ_{i∈Y_k} log s_ik
 *
 * @param labels Class of each pixel. @param probabilities A row for each pixel, a number from 0 to 1 for each class.
 * @throws {RangeError} If there is not a row for each label, rows differ in length, or a label has no column.
 *
 * @example
 * ```ts
 * const { q, p, m } = regionQuantities([0, 1, 255], [[0.5, 0.5], [0.25, 0.75], [1, 0]]);
 * q; // → [0.5, 0.5]
 * p; // → [0.375, 0.625]
 * m; // → [0.5, 0.75]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §2.
 */
export function regionQuantities(
  labels: ArrayLike<number>,
  probabilities: readonly ArrayLike<number>[],
  options: RegionQuantitiesOptions = {},
): RegionQuantities {
  checkKeys('regionQuantities', options, ['ignoreIndex']);
  const rows = countedRows('regionQuantities', labels, probabilities, options.ignoreIndex);
  const classes = probabilities[0]!.length;
  const [target, predicted, overlap, logs] = [0, 0, 0, 0].map(() => new Array<number>(classes).fill(0)) as [number[], number[], number[], number[]]; // prettier-ignore
  let smallest = 1;
  for (const { y, s } of rows) {
    for (let k = 0; k < classes; k++) predicted[k]! += s[k]!;
    target[y]! += 1;
    overlap[y]! += s[y]!;
    logs[y]! += Math.log(s[y]!);
    smallest = Math.min(smallest, s[y]!);
  }
  const n = rows.length;
  return {
    n,
    q: target.map((sum) => sum / n),
    p: predicted.map((sum) => sum / n),
    m: overlap.map((sum, k) => sum / target[k]!),
    logLikelihood: logs.map((sum, k) => sum / target[k]!),
    smallest,
  };
}

/** A pixel that counts. */
export interface Pixel {
  readonly y: number;
  readonly s: ArrayLike<number>;
  /** Its place in the lists. */
  readonly index: number;
}

/** The pixels that count, checked. */
export function countedRows(
  caller: string,
  labels: ArrayLike<number>,
  probabilities: readonly ArrayLike<number>[],
  ignoreIndex = DEFAULT_IGNORE_INDEX,
): Pixel[] {
  if (labels.length !== probabilities.length || labels.length === 0) {
    throw new RangeError(
      `${caller}: wanted a row of probabilities for each label, got ${probabilities.length} rows for ${labels.length} labels`,
    );
  }
  const classes = probabilities[0]!.length;
  const rows: Pixel[] = [];
  for (const [index, s] of probabilities.entries()) {
    const y = labels[index]!;
    if (y === ignoreIndex || y < 0) continue;
    if (s.length !== classes) {
      throw new RangeError(
        `${caller}: wanted ${classes} probabilities in each row, got ${s.length} in row ${index}`,
      );
    }
    if (!Number.isInteger(y) || y >= classes) {
      throw new RangeError(
        `${caller}: wanted labels from 0 to ${classes - 1} or ignoreIndex ${ignoreIndex}, got ${y} at pixel ${index}`,
      );
    }
    rows.push({ y, s, index });
  }
  return rows;
}
