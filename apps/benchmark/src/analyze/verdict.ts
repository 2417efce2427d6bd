import type { ClassSizeAnalysis, SizeBin, SizeStatistics } from '@segloss/metrics';

import type { SizeReport } from './analysis.js';
import { plural } from '../page/plural.js';
import { intervalText, ratioText } from './numbers.js';

/** What the interval of p/q says: an interval that holds 1 leaves it open. */
type Direction = 'too small' | 'too large' | 'open';

/** The verdict on each run and class: the size over all cases, small and large regions, the pattern, and what to do next. */
export function verdicts({ runs, classes, detailed }: SizeReport): string[] {
  return runs.flatMap(({ name, analysis }) =>
    detailed.map((k) => `${name}: ${verdictOn(classes[k]!, analysis.classes[k]!)}`),
  );
}

function verdictOn(name: string, analysis: ClassSizeAnalysis): string {
  const { overall, quantiles } = analysis;
  const { present, cases, invented } = overall;
  if (present === 0) {
    const where = invented > 0 ? `, and is predicted in ${invented}` : '';
    return `"${name}" is in no true mask of ${plural(cases, 'case')}${where}.`;
  }
  const ends = quantiles.length < 2 ? undefined : ([quantiles[0]!, quantiles.at(-1)!] as const);
  return [
    lead(name, overall),
    ...(ends ? [bins(ends), pattern(ends.map(directionOf) as [Direction, Direction], analysis)] : []),
    ...(overall.missed > 0 ? [`It is missed in ${overall.missed} of ${plural(present, 'case')}.`] : []),
  ].join(' ');
}

/** One sentence on all cases together. */
function lead(name: string, overall: SizeStatistics): string {
  const { ratio, ratioInterval } = overall;
  const direction = directionOf(overall);
  const times = `${intervalText(ratio, ratioInterval)} times its true size`;
  if (direction !== 'open') return `"${name}" is predicted ${direction}: ${times}.`;
  if (ratioInterval === null) return `"${name}" is predicted ${times}; one case decides nothing.`;
  return `"${name}" has no significant size error over all cases: ${times}.`;
}

/** As printed: nothing is called too small whose interval reads as if it held 1. */
export function directionOf({ ratio, ratioInterval }: SizeStatistics): Direction {
  if (ratioInterval === null || !Number.isFinite(ratio)) return 'open';
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

/** Names the pattern over the sizes, and the next step. */
function pattern([small, large]: readonly [Direction, Direction], { spread }: ClassSizeAnalysis): string {
  if (small === 'too large' && large === 'too small') {
    if (spread.verdict === 'narrower') {
      return (
        `Sizes are pulled to the middle, more than random errors do: predicted sizes vary ${ratioText(spread.ratio)} times as much as true ones. ` +
        'Next: add a term that matches the size in each image (+ l1(temperature=10)), or compare losses by repeating --pred.'
      );
    }
    return (
      'This is what random errors do in such bins (regression to the mean); predicted sizes do not vary significantly less than true ones. ' +
      'Next: compare with another run by repeating --pred before you call it a bias.'
    );
  }
  if (small === 'too small' && large === 'too large') {
    return 'Sizes are exaggerated: small regions shrink and large ones grow, as overlap losses (dice) do. Next: compare with ce, or add + l1(temperature=10).';
  }
  if (small === large && small !== 'open') {
    return `It is ${small} at every size: a threshold or class weights do that. Next: if you have probabilities, look at p/q with --probabilities.`;
  }
  if (small === 'too small') {
    return 'Small regions are lost. Overlap losses (dice) do this, and so do faint regions whose probabilities stay below one half. Next: look at the missed cases, and compare with ce or ce + l1(temperature=10).';
  }
  if (small === 'too large')
    return 'Only small regions are too large. Next: look at the cases with the largest errors below.';
  if (large !== 'open')
    return `Only large regions are ${large}. Next: look at the cases with the largest errors below.`;
  return 'No bin differs significantly from 1. More cases would narrow the intervals.';
}
