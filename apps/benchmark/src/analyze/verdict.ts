import type { ClassSizeAnalysis, SizeBin, SizeStatistics } from '@segloss/metrics';

import type { SizeReport } from './analysis.js';
import { plural } from '../page/plural.js';
import { intervalText, ratioText } from './numbers.js';

/** What the interval of p/q says: an interval that holds 1 leaves it open. */
type Direction = 'too small' | 'too large' | 'open';

/** What the sizes of one class of one run say, in sentences. */
export interface Verdict {
  readonly run: string;
  /** The size over all cases. */
  readonly lead: string;
  /** The sizes of the smallest and of the largest regions; absent where all regions have one size. */
  readonly ends?: string;
  /** The pattern over the sizes, and the cases in which the class is missed. */
  readonly findings: readonly string[];
  /** What to do about the pattern. */
  readonly next?: string;
}

/** Returns the verdict on each run and class. */
export function verdicts({ runs, classes, detailed }: SizeReport): Verdict[] {
  return runs.flatMap(({ name, analysis }) =>
    detailed.map((k) => verdictOn(name, classes[k]!, analysis.classes[k]!)),
  );
}

/** Returns a verdict in one paragraph. */
export function verdictText({ run, lead, ends, findings, next }: Verdict): string {
  return [`${run}: ${lead}`, ends, ...findings, next].filter((part) => part !== undefined).join(' ');
}

function verdictOn(run: string, name: string, analysis: ClassSizeAnalysis): Verdict {
  const { overall, quantiles } = analysis;
  const { present, cases, invented, missed } = overall;
  if (present === 0) {
    const where = invented > 0 ? `, and is predicted in ${invented}` : '';
    return { run, lead: `"${name}" is in no true mask of ${plural(cases, 'case')}${where}.`, findings: [] };
  }
  const omissions = missed > 0 ? [`It is missed in ${missed} of ${plural(present, 'case')}.`] : [];
  if (present < ENOUGH || quantiles.length < 2)
    return { run, lead: lead(name, overall), findings: omissions };
  const ends = [quantiles[0]!, quantiles.at(-1)!] as const;
  const { finding, next } = pattern([directionOf(ends[0]), directionOf(ends[1])], analysis);
  return {
    ...{ run, lead: lead(name, overall), ends: bins(ends), findings: [finding, ...omissions] },
    ...(next !== undefined && { next: `Next: ${next}` }),
  };
}

/** One sentence on all cases together. */
function lead(name: string, overall: SizeStatistics): string {
  const { ratio, ratioInterval } = overall;
  const direction = directionOf(overall);
  const times = `${intervalText(ratio, ratioInterval)} times its true size`;
  if (direction !== 'open') return `"${name}" is predicted ${direction}: ${times}.`;
  if (overall.present < ENOUGH) {
    return `"${name}" is predicted ${times}, in ${plural(overall.present, 'case')}: too few for a verdict.`;
  }
  return `"${name}" has no significant size error over all cases: ${times}.`;
}

/** Fewer cases than this decide nothing: even if all err in one direction, chance has a probability above 5 % (sign test). */
export const ENOUGH = 6;

/** As printed: nothing is called too small whose interval reads as if it held 1. */
export function directionOf({ present, ratio, ratioInterval }: SizeStatistics): Direction {
  if (present < ENOUGH || ratioInterval === null || !Number.isFinite(ratio)) return 'open';
  const [low, high] = ratioInterval.map((end) => Number(ratioText(end))) as [number, number];
  return high < 1 ? 'too small' : low > 1 ? 'too large' : 'open';
}

function bins([small, large]: readonly [SizeBin, SizeBin]): string {
  const says = (bin: SizeBin) => {
    const direction = directionOf(bin);
    const open = bin.ratioInterval === null ? '' : ' (inconclusive)';
    return `${intervalText(bin.ratio, bin.ratioInterval)} times${direction === 'open' ? open : `, ${direction}`}`;
  };
  return `The smallest ${small.cases} regions: ${says(small)}; the largest ${large.cases}: ${says(large)}.`;
}

/** What the sizes have in common, and what to do about it. */
interface Pattern {
  readonly finding: string;
  readonly next?: string;
}

/** Names the pattern over the sizes. */
function pattern([small, large]: readonly [Direction, Direction], analysis: ClassSizeAnalysis): Pattern {
  const { spread, quantiles } = analysis;
  if (quantiles[0]!.present < ENOUGH && quantiles.at(-1)!.present < ENOUGH) {
    return { finding: 'Too few cases to compare small regions with large ones.' };
  }
  if (small === 'too large' && large === 'too small') {
    if (spread.verdict === 'narrower') {
      return {
        finding: `Small regions are too large and large ones too small, more than random errors explain: predicted sizes vary ${ratioText(spread.ratio)} times as much as true ones.`,
        next: 'add a term that matches the size in each image (+ l1(temperature=10)), or compare losses by repeating --pred.',
      };
    }
    return {
      finding:
        'Small regions are too large and large ones too small, as random errors alone make them (regression to the mean): predicted sizes do not vary significantly less than true ones.',
      next: 'compare with another model by repeating --pred before you call it a bias.',
    };
  }
  if (small === 'too small' && large === 'too large') {
    return {
      finding:
        'Sizes are exaggerated: small regions shrink and large ones grow, as overlap losses (dice) do.',
      next: 'compare with ce, or add + l1(temperature=10).',
    };
  }
  if (small === large && small !== 'open') {
    return {
      finding: `It is ${small} at every size. A threshold or class weights have this effect.`,
      next: 'if you have probabilities, pass them with --probabilities: their sums show whether the threshold is the cause.',
    };
  }
  if (small === 'too small') {
    return {
      finding:
        'Only small regions are too small, or lost. Overlap losses (dice) do this, and so do faint regions whose probabilities stay below one half.',
      next: 'look at the cases below, and compare with ce or ce + l1(temperature=10).',
    };
  }
  if (small === 'too large') {
    return { finding: 'Only small regions are too large.', next: 'look at the cases below.' };
  }
  if (large !== 'open') {
    return { finding: `Only large regions are ${large}.`, next: 'look at the cases below.' };
  }
  return {
    finding: 'Neither small nor large regions differ significantly. More cases would narrow the intervals.',
  };
}
