import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
import { badLabel, isLabel } from './labels.js';
import { checkProbability } from './probabilities.js';

/** Range of the temperatures that {@link fitTemperature} looks at. */
const LEAST = 0.05;
const MOST = 20;

/** Stands for a probability of 0, of which there is no logarithm. */
const SMALLEST = 1e-30;

/** What {@link fitTemperature} finds. */
export interface FittedTemperature {
  /** Above 1 the probabilities were too sure. From 0.05 to 20. */
  readonly temperature: number;
  /** Mean negative log-likelihood of the labels before and after scaling. */
  readonly nll: { readonly before: number; readonly after: number };
  /** Pixels that count. */
  readonly pixels: number;
}

/**
 * Finds the temperature under which probabilities fit the labels best: the one with the least negative log-likelihood. That is a convex
 * function of 1/T with one minimum, which bisection of its derivative finds to 1e-9.
 *
 * @param labels True labels of validation pixels. @param probabilities `[pixels, K]`, channels last, K of 2 or more.
 * @param options `numClasses`: K. `ignoreIndex`: label of pixels that do not count; default 255.
 * @returns The temperature; at 0.05 or 20 if the best one lies beyond.
 * @throws {RangeError} If sizes do not fit, a probability is not within 0 to 1, a label is not one of 0 to K-1, or no pixel counts.
 *
 * @example
 * ```ts
 * // The probability 0.9 is right in two pixels of three: best is 2/3 = 0.9^(1/T) / (0.9^(1/T) + 0.1^(1/T)).
 * const { temperature } = fitTemperature([0, 0, 1], [0.9, 0.1, 0.9, 0.1, 0.9, 0.1], { numClasses: 2 });
 * temperature; // → 3.1699
 * Array.from(scaleTemperature([0.9, 0.1], { temperature, numClasses: 2 })); // → [0.6667, 0.3333]
 * ```
 *
 * @see Guo et al., "On calibration of modern neural networks", ICML 2017, arXiv:1706.04599, §4.2.
 */
export function fitTemperature(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { numClasses, ignoreIndex = DEFAULT_IGNORE_INDEX }: { numClasses: number; ignoreIndex?: number },
): FittedTemperature {
  const name = 'fitTemperature';
  checkClasses(name, numClasses, labels.length * numClasses, probabilities.length);
  const pixels: number[] = [];
  const logs = new Float64Array(probabilities.length);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === ignoreIndex) continue;
    if (!isLabel(labels[i]!, numClasses)) throw badLabel(name, 'true', labels[i]!, numClasses, i);
    for (let k = 0; k < numClasses; k++) {
      const p = probabilities[i * numClasses + k]!;
      checkProbability(name, p, i);
      logs[i * numClasses + k] = Math.log(Math.max(p, SMALLEST));
    }
    pixels.push(i);
  }
  if (pixels.length === 0) throw new RangeError(`${name}: wanted labeled pixels, got none`);

  /** Mean negative log-likelihood at the inverse temperature, and its derivative. */
  const at = (inverse: number) => {
    let [nll, slope] = [0, 0];
    for (const i of pixels) {
      const start = i * numClasses;
      let most = -Infinity;
      for (let k = 0; k < numClasses; k++) most = Math.max(most, inverse * logs[start + k]!);
      let [sum, mean] = [0, 0];
      for (let k = 0; k < numClasses; k++) {
        const weight = Math.exp(inverse * logs[start + k]! - most);
        sum += weight;
        mean += weight * logs[start + k]!;
      }
      const own = logs[start + labels[i]!]!;
      nll += most + Math.log(sum) - inverse * own;
      slope += mean / sum - own;
    }
    return { nll: nll / pixels.length, slope: slope / pixels.length };
  };

  let [low, high] = [1 / MOST, 1 / LEAST];
  if (at(low).slope >= 0) high = low;
  else if (at(high).slope <= 0) low = high;
  while (high - low > 1e-9 * high) {
    const middle = Math.sqrt(low * high);
    if (at(middle).slope < 0) low = middle;
    else high = middle;
  }
  const inverse = Math.sqrt(low * high);
  return {
    temperature: 1 / inverse,
    nll: { before: at(1).nll, after: at(inverse).nll },
    pixels: pixels.length,
  };
}

/**
 * Scales probabilities by a temperature: p^(1/T), divided by its sum, which is what logits divided by T give. The most probable class
 * stays the same. (The option `temperature` of the losses is a factor on the logits, so it is 1/T.)
 *
 * @param probabilities `[pixels, K]`, channels last. @param options `temperature`: T > 0; 1 changes nothing. `numClasses`: K, 2 or more.
 * @throws {RangeError} If the temperature is not positive or the sizes do not fit.
 *
 * @example
 * ```ts
 * Array.from(scaleTemperature([0.9, 0.1], { temperature: 2, numClasses: 2 })); // → [0.75, 0.25]
 * ```
 */
export function scaleTemperature(
  probabilities: ArrayLike<number>,
  { temperature, numClasses }: { temperature: number; numClasses: number },
): Float32Array {
  const name = 'scaleTemperature';
  if (!(Number.isFinite(temperature) && temperature > 0))
    throw new RangeError(`${name}: wanted a positive temperature, got ${String(temperature)}`);
  const pixels = Math.floor(probabilities.length / numClasses);
  checkClasses(name, numClasses, pixels * numClasses, probabilities.length);
  const scaled = new Float32Array(probabilities.length);
  const row = new Float64Array(numClasses);
  for (let start = 0; start < scaled.length; start += numClasses) {
    let most = -Infinity;
    for (let k = 0; k < numClasses; k++) {
      row[k] = Math.log(Math.max(probabilities[start + k]!, SMALLEST)) / temperature;
      most = Math.max(most, row[k]!);
    }
    let sum = 0;
    for (let k = 0; k < numClasses; k++) sum += row[k] = Math.exp(row[k]! - most);
    for (let k = 0; k < numClasses; k++) scaled[start + k] = row[k]! / sum;
  }
  return scaled;
}

function checkClasses(name: string, numClasses: number, wanted: number, got: number): void {
  if (!Number.isInteger(numClasses) || numClasses < 2)
    throw new RangeError(`${name}: wanted numClasses of 2 or more, got ${String(numClasses)}`);
  if (wanted !== got)
    throw new RangeError(
      `${name}: wanted ${wanted} probabilities for ${numClasses} classes, got ${got}; channels are last`,
    );
}
