import { marginalPenalties, type MarginalPenalty } from '@segloss/bias';

import { evaluateFormula, parseFormula, type Formula } from './formula.js';
import { regionSums, sigmoid, softplus, type Pixels, type RegionSums } from './pixels.js';
import { readSpec, type OptionValue, type SpecPart } from './spec.js';

type Options = Readonly<Record<string, OptionValue>>;

/** A loss on one binary image in float64: the light form of a loss of `@segloss/losses`, for what is redrawn at every move. */
export interface LightLoss {
  readonly spec: string;
  value(pixels: Pixels): number;
  /** ∂L/∂z of every pixel. */
  gradient(pixels: Pixels): Float64Array;
  /** Its marginal penalty: undefined where a term has no closed form, or none for these options. */
  readonly penalty: LightPenalty | undefined;
}

/** The marginal penalty of a loss: the weighted sum of those of its terms. */
export interface LightPenalty {
  readonly formula: string;
  value(p: number, q: number): number;
  slope(p: number, q: number): number;
  /** Where it is least, from 0 to 1. */
  minimizer(q: number): number;
}

interface Term {
  value(pixels: Pixels): number;
  /** Adds `weight` ∂L/∂z to `into`. */
  addGradient(pixels: Pixels, weight: number, into: Float64Array): void;
}

const number = (options: Options, key: string, otherwise: number): number => {
  const value = options[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
};

/** -log of the probability of the label. */
const surprise = (z: number, y: number) => softplus(y ? -z : z);

function crossEntropy(options: Options): Term {
  const weights = Array.isArray(options.classWeights) ? (options.classWeights as number[]) : [1, 1];
  const total = ({ count, target }: RegionSums) => weights[1]! * target + weights[0]! * (count - target);
  return {
    value(pixels) {
      const { z, y, count } = pixels;
      let sum = 0;
      for (let i = 0; i < z.length; i++) sum += (count?.[i] ?? 1) * weights[y[i]!]! * surprise(z[i]!, y[i]!);
      return sum / total(regionSums(pixels));
    },
    addGradient(pixels, weight, into) {
      const { s, y, count } = pixels;
      const scale = weight / total(regionSums(pixels));
      for (let i = 0; i < s.length; i++)
        into[i]! += scale * (count?.[i] ?? 1) * weights[y[i]!]! * (s[i]! - y[i]!);
    },
  };
}

function focal(options: Options): Term {
  const gamma = number(options, 'gamma', 2);
  return {
    value(pixels) {
      const { z, s, y, count } = pixels;
      let sum = 0;
      for (let i = 0; i < z.length; i++) {
        const error = y[i] ? 1 - s[i]! : s[i]!;
        sum += (count?.[i] ?? 1) * error ** gamma * surprise(z[i]!, y[i]!);
      }
      return sum / regionSums(pixels).count;
    },
    addGradient(pixels, weight, into) {
      const { z, s, y, count } = pixels;
      const scale = weight / regionSums(pixels).count;
      for (let i = 0; i < z.length; i++) {
        const error = y[i] ? 1 - s[i]! : s[i]!;
        // s d/ds(-(1-s)^γ log s), s the probability of the label
        const slope = -gamma * (1 - error) * error ** (gamma - 1) * surprise(z[i]!, y[i]!) - error ** gamma;
        into[i]! += scale * (count?.[i] ?? 1) * slope * (y[i] ? error : -error);
      }
    },
  };
}

/** A loss of overlap and sizes, with its derivatives by overlap and predicted size. */
type OfSums = (sums: RegionSums) => { value: number; byOverlap: number; byPredicted: number };

function ofSums(loss: OfSums): Term {
  return {
    value: (pixels) => loss(regionSums(pixels)).value,
    addGradient(pixels, weight, into) {
      const { s, y, count } = pixels;
      const { byOverlap, byPredicted } = loss(regionSums(pixels));
      for (let i = 0; i < s.length; i++) {
        const slope = byPredicted + (y[i] ? byOverlap : 0);
        into[i]! += weight * (count?.[i] ?? 1) * slope * s[i]! * (1 - s[i]!);
      }
    },
  };
}

/** Tversky's score; Dice is α = β = ½ with twice the smoothing in its units. */
function tversky(alpha: number, beta: number, smooth: number, log: boolean): Term {
  return ofSums(({ overlap, predicted, target }) => {
    const above = overlap + smooth;
    const below = (1 - alpha - beta) * overlap + alpha * predicted + beta * target + smooth;
    const score = above / below;
    const by = (dAbove: number, dBelow: number) => (dAbove - score * dBelow) / below;
    const outer = log ? -1 / score : -1;
    return {
      value: log ? -Math.log(score) : 1 - score,
      byOverlap: outer * by(1, 1 - alpha - beta),
      byPredicted: outer * by(0, alpha),
    };
  });
}

/** A penalty on the label marginal at a temperature, in closed form from `@segloss/bias`. */
function onMarginal(penalty: MarginalPenalty, options: Options): Term {
  const temperature = number(options, 'temperature', 1);
  const marginal = ({ z, s, count }: Pixels, n: number) => {
    let sum = 0;
    for (let i = 0; i < z.length; i++)
      sum += (count?.[i] ?? 1) * (temperature === 1 ? s[i]! : sigmoid(temperature * z[i]!));
    return sum / n;
  };
  return {
    value(pixels) {
      const { count, target } = regionSums(pixels);
      return penalty.value(marginal(pixels, count), target / count, options);
    },
    addGradient(pixels, weight, into) {
      const { count: n, target } = regionSums(pixels);
      const slope = penalty.slope(marginal(pixels, n), target / n, options);
      const { z, s, count } = pixels;
      for (let i = 0; i < z.length; i++) {
        const at = temperature === 1 ? s[i]! : sigmoid(temperature * z[i]!);
        into[i]! += ((weight * slope * temperature) / n) * (count?.[i] ?? 1) * at * (1 - at);
      }
    },
  };
}

/** The losses that the first screens know, with the options that they read. */
const TERMS: Readonly<Record<string, { readonly keys: readonly string[]; make(options: Options): Term }>> = {
  ce: { keys: ['classWeights'], make: crossEntropy },
  focal: { keys: ['gamma'], make: focal },
  dice: { keys: ['smooth'], make: (o) => tversky(0.5, 0.5, number(o, 'smooth', 1) / 2, false) },
  'log-dice': { keys: ['smooth'], make: (o) => tversky(0.5, 0.5, number(o, 'smooth', 1) / 2, true) },
  jaccard: { keys: ['smooth'], make: (o) => tversky(1, 1, number(o, 'smooth', 1), false) },
  tversky: {
    keys: ['alpha', 'beta', 'smooth'],
    make: (o) => tversky(number(o, 'alpha', 0.5), number(o, 'beta', 0.5), number(o, 'smooth', 1), false),
  },
  ...Object.fromEntries(
    ['l1', 'l2', 'kl', 'reverse-kl', 'js', 'dice-bias'].map((name) => [
      name,
      { keys: ['temperature'], make: (o: Options) => onMarginal(marginalPenalties()[name]!, o) },
    ]),
  ),
};

/** Names of the losses that are computed on the first screens. */
export const lightNames = (): string[] => Object.keys(TERMS);

/** What a spec starts with if it is a formula of the user's own. */
export const FORMULA = 'formula:';

const PROPORTIONAL = 'inverse';

/**
 * The light form of a loss.
 *
 * @param spec A spec of the grammar of `parseLoss`; `classWeights=inverse` of `ce` stands for the inverse frequencies of the image;
 *   after `formula:` a formula of overlap, predicted, target and count.
 * @param q True proportion, for the inverse frequencies.
 * @returns Undefined if a term or an option has no light form.
 * @throws {FormulaError} If the formula cannot be read.
 */
export function lightLoss(spec: string, q: number): LightLoss | undefined {
  if (spec.startsWith(FORMULA)) return formulaLoss(spec, parseFormula(spec.slice(FORMULA.length)));
  const parts = readSpec(spec)?.map((part) => withInverse(part, q));
  if (parts === undefined || !parts.every(isLight)) return undefined;
  const terms = parts.map((part) => ({ part, term: TERMS[part.name]!.make(part.options) }));
  return {
    spec,
    value: (pixels) => terms.reduce((sum, { part, term }) => sum + part.weight * term.value(pixels), 0),
    gradient(pixels) {
      const into = new Float64Array(pixels.z.length);
      for (const { part, term } of terms) term.addGradient(pixels, part.weight, into);
      return into;
    },
    penalty: penaltyOf(parts),
  };
}

function isLight({ name, options }: SpecPart): boolean {
  const known = Object.hasOwn(TERMS, name) ? TERMS[name]!.keys : undefined;
  return known !== undefined && Object.entries(options).every(([key, value]) => {
    if (!known.includes(key)) return false;
    return key === 'classWeights'
      ? Array.isArray(value) && value.length === 2 && value.every((w) => Number.isFinite(w) && w >= 0)
      : typeof value === 'number' && value >= 0;
  }); // prettier-ignore
}

function withInverse(part: SpecPart, q: number): SpecPart {
  if (part.options.classWeights !== PROPORTIONAL) return part;
  return { ...part, options: { ...part.options, classWeights: inverseWeights(q) } };
}

/** Weights of background and foreground that give both the same sum: inverse frequencies. */
export const inverseWeights = (q: number): [number, number] => [0.5 / (1 - q), 0.5 / q];

/** A spec that the library and the command read: with the inverse frequencies as numbers. */
export function portableSpec(spec: string, q: number): string {
  const weights = inverseWeights(q).map((w) => Number(w.toPrecision(6)));
  return spec.replace(`classWeights=${PROPORTIONAL}`, `classWeights=[${weights.join(',')}]`);
}

function formulaLoss(spec: string, formula: Formula): LightLoss {
  const term = ofSums((sums) => evaluateFormula(formula, { ...sums }));
  return {
    spec,
    value: term.value,
    gradient(pixels) {
      const into = new Float64Array(pixels.z.length);
      term.addGradient(pixels, 1, into);
      return into;
    },
    penalty: undefined,
  };
}

function penaltyOf(parts: readonly SpecPart[]): LightPenalty | undefined {
  const terms = parts.flatMap(({ name, weight, options }) => {
    const penalty = marginalPenalties()[name];
    return penalty?.holds(options) ? [{ penalty, weight, options }] : [];
  });
  if (terms.length < parts.length || terms.length === 0) return undefined;
  const sum = (of: 'value' | 'slope') => (p: number, q: number) =>
    terms.reduce((total, { penalty, weight, options }) => total + weight * penalty[of](p, q, options), 0);
  return {
    formula: terms
      .map(({ penalty, weight }) => `${weight === 1 ? '' : `${weight} · `}${penalty.formula}`)
      .join(' + '),
    value: sum('value'),
    slope: sum('slope'),
    minimizer(q) {
      const each = terms.map(({ penalty, options }) => penalty.minimizer(q, options));
      return each.every((p) => p === each[0]) ? each[0]! : leastOf((p) => sum('value')(p, q), [...each, q]);
    },
  };
}

/** The least of a function between 0 and 1: the best of candidates and a grid, made exact by golden sections. */
function leastOf(value: (p: number) => number, candidates: readonly number[]): number {
  const grid = Array.from({ length: 400 }, (_, i) => sigmoid(-9 + (18 * i) / 399));
  const points = [...grid, ...candidates.filter((p) => p > 0 && p < 1)].sort((a, b) => a - b);
  const best = points.reduce((a, p, i) => (value(p) < value(points[a]!) ? i : a), 0);
  if (best === 0) return 0;
  if (best === points.length - 1) return 1;
  let [low, high] = [points[best - 1]!, points[best + 1]!];
  const ratio = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 60; i++) {
    const [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (value(a) <= value(b)) high = b;
    else low = a;
  }
  const refined = (low + high) / 2;
  return value(points[best]!) <= value(refined) ? points[best]! : refined; // a kink lies on a candidate
}
