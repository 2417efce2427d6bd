import { analyzeRegionSizes, type ProportionCase } from '@segloss/metrics';
import { penaltyCurve } from '@segloss/bias';
import { randomStream } from '@segloss/data';
import { parseLoss, type Loss } from '@segloss/losses';

import { sizePenalty } from '../page/size-penalty.js';
import { valueOf, type CaseField } from './case-table.js';
import type { Replicate } from './replicates.js';

/** Predicted over true size of one class, in images of similar region size. */
export interface SizeBinRatio {
  /** Sum of predicted over sum of true proportions, over images and repetitions; NaN without probabilities. */
  readonly ratio: number;
  /** 95 % interval for new images; null for a single one. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Image and repetition pairs in which the region was not predicted at all, and how many there are. */
  readonly missed: number;
  readonly of: number;
}

/** Images of similar region size: a quarter of those that have the class. */
export interface SizeBinRow {
  readonly name: string;
  /** Ends of the true proportions. */
  readonly from: number;
  readonly to: number;
  readonly images: number;
  /** Mean true proportion. */
  readonly truth: number;
  readonly soft: SizeBinRatio;
  readonly hard: SizeBinRatio;
}

/** Names of four bins, from the smallest regions to the largest. */
export const QUARTERS = ['smallest', 'second', 'third', 'largest'] as const;

/** Returns what the parts of the images are called, from the smallest regions to the largest. */
export function binNames(count: number): string[] {
  if (count === 4) return QUARTERS.map((name) => `${name} quarter`);
  return Array.from({ length: count }, (_, i) => `part ${i + 1} of ${count}`);
}

const NONE: SizeBinRatio = { ratio: NaN, interval: null, missed: 0, of: 0 };

/**
 * Returns how large a class is predicted in images of similar region size, over all repetitions of a row. Sizes are averaged over the
 * repetitions before images are drawn, so that intervals are about new images.
 *
 * @param k Index of the class.
 */
export function sizeBins(replicates: readonly Replicate[], k: number): readonly SizeBinRow[] {
  const known = counted.get(replicates) ?? new Map<number, readonly SizeBinRow[]>();
  counted.set(replicates, known);
  const before = known.get(k);
  if (before !== undefined) return before;
  const rows = countBins(replicates, k);
  known.set(k, rows);
  return rows;
}

/** Intervals take time, and several parts of a report show them. */
const counted = new WeakMap<readonly Replicate[], Map<number, readonly SizeBinRow[]>>();

function countBins(replicates: readonly Replicate[], k: number): SizeBinRow[] {
  const [hard, soft] = (['predicted', 'soft'] as const).map((field) => binsOf(replicates, k, field));
  if (hard === undefined || hard.length === 0) return [];
  const names = binNames(hard.length);
  return hard.map((bin, i) => {
    const missed = missedIn(replicates, k, bin.from, bin.to, i === hard.length - 1);
    return {
      name: names[i]!,
      ...{ from: bin.from, to: bin.to, images: bin.cases, truth: bin.truth },
      hard: { ratio: bin.ratio, interval: bin.ratioInterval, ...missed },
      soft: soft?.[i] === undefined ? NONE : { ratio: soft[i].ratio, interval: soft[i].ratioInterval, missed: 0, of: missed.of }, // prettier-ignore
    };
  });
}

function binsOf(replicates: readonly Replicate[], k: number, field: CaseField) {
  const cases = meanSizes(replicates, k, field);
  if (cases.length === 0 || cases.some(({ predicted }) => Number.isNaN(predicted[0]))) return undefined;
  const bootstrap = { random: randomStream('sizes').uniform };
  const { classes } = analyzeRegionSizes(cases, {
    classes: ['class'],
    exclusive: false,
    drivers: 0,
    bootstrap,
  });
  return classes[0]!.quantiles;
}

/** The true proportion of every image that has the class, and its mean predicted one over the repetitions. */
function meanSizes(replicates: readonly Replicate[], k: number, field: CaseField): ProportionCase[] {
  const sums = new Map<string, { truth: number; predicted: number; count: number }>();
  for (const { table } of replicates) {
    table.ids.forEach((id, image) => {
      const pixels = valueOf(table, image, k, 'pixels');
      const truth = valueOf(table, image, k, 'target') / pixels;
      if (!(truth > 0)) return;
      const before = sums.get(id) ?? { truth, predicted: 0, count: 0 };
      const predicted = before.predicted + valueOf(table, image, k, field) / pixels;
      sums.set(id, { truth, predicted, count: before.count + 1 });
    });
  }
  return [...sums].map(([id, { truth, predicted, count }]) => ({ id, truth: [truth], predicted: [Math.min(1, predicted / count)] })); // prettier-ignore
}

function missedIn(replicates: readonly Replicate[], k: number, from: number, to: number, last: boolean) {
  let [missed, of] = [0, 0];
  for (const { table } of replicates) {
    table.ids.forEach((_, image) => {
      const truth = valueOf(table, image, k, 'target') / valueOf(table, image, k, 'pixels');
      if (!(truth > 0 && truth >= from && (last ? truth <= to : truth < to))) return;
      of++;
      if (valueOf(table, image, k, 'predicted') === 0) missed++;
    });
  }
  return { missed, of };
}

/** What the marginal penalty of a loss, the part that depends on the predicted size alone, does at one true proportion. */
export interface Force {
  /** Predicted over true proportion at which the penalty is least; 0 where it prefers no region. */
  readonly preferred: number;
  /** The penalty's force on a region of half the true size, relative to that of cross-entropy (p - q): 1 as strong, below 0 towards no region. */
  readonly half: number;
}

/** Why a force is not known. */
export interface NoForce {
  readonly reason: string;
}

/** Where the runs of a row do not say which loss they had. */
export const NO_SPEC: NoForce = { reason: 'a row whose runs do not name their loss' };

/**
 * Returns the force of the marginal penalty of a loss, from its closed form.
 *
 * @returns The reason where a term has no closed form, the loss is a user module, or the class covers everything.
 */
export function forceOf(spec: string, truth: number): Force | NoForce {
  if (!(truth > 0 && truth < 1)) return { reason: `${spec}: every pixel is of the class, or none` };
  let loss: Loss;
  try {
    loss = parseLoss(spec);
  } catch {
    return { reason: `${spec}: a module of your own, or a loss that this version does not know` };
  }
  const { minimizer, unknown } = sizePenalty(loss, truth);
  if (unknown.length > 0) {
    const terms = unknown.join(', ');
    return { reason: `${spec}: no closed form of ${terms}` };
  }
  const p = truth / 2;
  const step = 1e-4 * p;
  const { value } = penaltyCurve(loss, { truth, p: [p - step, p + step] });
  const slope = (value[1]! - value[0]!) / (2 * step);
  return { preferred: minimizer / truth, half: (slope * p * (1 - p)) / (p - truth) };
}
