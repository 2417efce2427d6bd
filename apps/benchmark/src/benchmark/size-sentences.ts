import { extremeOf, isOff, shares, type Share, type TrainedSize } from './region-sizes.js';

/** Trainings of a row from which a sentence about chances is worth anything. */
const ENOUGH = 5;
const SIGNIFICANT = 0.05;
/** Where {@link isOff} holds. */
const OFF = 'less than half or more than twice the true size';
/** A median within these factors of the truth is called right. */
const RIGHT = [0.9, 1.1] as const;

/**
 * Returns what the trainings did to region sizes, in sentences that fixed rules write: what was seen, with counts and Fisher's exact test
 * against cross-entropy (Holm's correction over the other losses), and what was not seen. Empty unless every loss has five trainings.
 */
export function sizeSentences(trainings: readonly TrainedSize[]): string[] {
  const names = [...new Set(trainings.map(({ name }) => name))];
  const fewest = Math.min(...names.map((name) => trainings.filter((one) => one.name === name).length));
  if (names.length < 2 || fewest < ENOUGH) return [];
  return [...lottery(trainings), ...probabilities(trainings), ...masks(trainings)];
}

/** The loss whose sizes were off most often. */
function lottery(trainings: readonly TrainedSize[]): string[] {
  const off = shares(trainings, 'ce', ({ soft }) => isOff(soft));
  const base = off.find(({ name }) => name === 'ce');
  const worst = off.filter((one) => one !== base).reduce((a, b) => (rate(b) > rate(a) ? b : a));
  if (worst.counts.count === 0) return [noneOff(base)];
  const ends = trainings.filter(({ name }) => name === worst.name).map(extremeOf);
  const [none, all] = (['none', 'all'] as const).map((end) => ends.filter((one) => one === end).length);
  const extremes = [
    ...(none! > 0 ? [`${none} with no region at all`] : []),
    ...(all! > 0 ? [`${all} with most of the image`] : []),
  ];
  const detail = extremes.length > 0 ? ` (${extremes.join(', ')})` : '';
  const seen = `The probabilities of ${worst.name} sum to ${OFF} in ${count(worst)} trainings${detail}`;
  if (base === undefined) return [`${seen}.`];
  return [`${seen}, those of ce in ${count(base)}${chance(worst)}`];
}

/** Where no other loss than cross-entropy was off. */
function noneOff(base: Share | undefined): string {
  if (base === undefined || base.counts.count === 0)
    return `Not seen here: the probabilities of no training sum to ${OFF}.`;
  return `The probabilities of ce sum to ${OFF} in ${count(base)} trainings, those of no other loss in any.`;
}

/** Whether the summed probability of cross-entropy is the true size. */
function probabilities(trainings: readonly TrainedSize[]): string[] {
  const soft = trainings.filter(({ name }) => name === 'ce').map((one) => one.soft);
  if (soft.length === 0) return [];
  const middle = median(soft);
  const right = middle >= RIGHT[0] && middle <= RIGHT[1];
  return [
    right
      ? `The probabilities of ce sum to about the true size, in the median to ${middle.toFixed(2)} of it.`
      : `The probabilities of ce sum to ${middle.toFixed(2)} of the true size here (median), which is not what theory says of a training that has converged.`,
  ];
}

/** Where a mask is far smaller than its probabilities: regions that are rare and blurred. */
function masks(trainings: readonly TrainedSize[]): string[] {
  const sets = [...new Set(trainings.map(({ set }) => set))];
  return sets.flatMap((set) => {
    const here = trainings.filter((one) => one.set === set);
    const small = shares(here, 'ce', ({ hard }) => hard < 0.5);
    const ce = small.find(({ name }) => name === 'ce');
    if (ce === undefined || rate(ce) <= 0.5) return [];
    const others = small.filter((one) => one !== ce).map((one) => `${one.name}: ${count(one)}`);
    const place = set === '' ? '' : ` on ${set}`;
    return [
      `The mask of ce, its most likely class at each pixel, is another matter: it has less than half the true size in ${count(ce)} trainings${place}, ` +
        `because few pixels are more likely foreground than not (${others.join(', ')}).`,
      ...decoding(here.filter(({ name }) => name === 'ce')),
    ];
  });
}

/** What another decoding of the same probabilities gives: by volume, the mask of an image has as many pixels as its probabilities sum to. */
function decoding(trainings: readonly TrainedSize[]): string[] {
  const [soft, hard] = [median(trainings.map((one) => one.soft)), median(trainings.map((one) => one.hard))];
  if (!(soft >= RIGHT[0] && soft <= RIGHT[1])) return [];
  return [
    `Masks of the right size need no other loss: segloss predict --decode volume makes them as large as the probabilities say, in the median ${soft.toFixed(2)} of the true size instead of ${hard.toFixed(2)}.`,
  ];
}

const rate = ({ counts }: Share): number => counts.count / counts.of;
const count = ({ counts }: Share): string => `${counts.count} of ${counts.of}`;

function chance({ adjustedP }: Share): string {
  if (adjustedP === undefined) return '.';
  const p = adjustedP < 0.001 ? 'below 0.001' : adjustedP.toFixed(3);
  const verdict = adjustedP < SIGNIFICANT ? 'more than chance' : 'too few trainings to tell from chance';
  return `: ${verdict} (Fisher's exact test, p ${p === 'below 0.001' ? p : `= ${p}`}, corrected by Holm).`;
}

function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
