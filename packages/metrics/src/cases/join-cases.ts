import { fraction } from '../fraction.js';
import { type CaseScore, type ClassScore } from './types.js';

/**
 * Joins the scores of parts, such as the slices of a volume, to those of the wholes: pixels are added, and overlap scores follow from the sums. Distances,
 * surface scores and lesions of parts say nothing of a whole: `hd95` is null, and the others are absent.
 *
 * @param cases Results of {@link scoreCase}, all with the same classes. @param wholeOf Returns the name of the whole to which a case belongs.
 * @returns The wholes, in the order of their first parts.
 *
 * @example
 * ```ts
 * const common = { shape: [1, 4], classes: ['background', 'lesion'] };
 * const slices = [
 *   scoreCase({ id: 'a/0', truth: [0, 1, 1, 0], predicted: [0, 1, 0, 0], ...common }),
 *   scoreCase({ id: 'a/1', truth: [0, 0, 1, 1], predicted: [0, 1, 1, 1], ...common }),
 * ];
 * const [a] = joinCases(slices, (id) => id.replace(/\/\d+$/, ''));
 * [a.id, a.classes[1].target, a.classes[1].dice]; // → ["a", 4, 0.75]
 * ```
 */
export function joinCases(cases: readonly CaseScore[], wholeOf: (id: string) => string): CaseScore[] {
  const parts = new Map<string, CaseScore[]>();
  for (const one of cases) {
    const whole = wholeOf(one.id);
    const known = parts.get(whole);
    if (known === undefined) parts.set(whole, [one]);
    else known.push(one);
  }
  return [...parts].map(([id, own]) => ({
    id,
    ignored: sumOf(own, ({ ignored }) => ignored),
    classes: own[0]!.classes.map((_, k) => joined(own.map(({ classes }) => classes[k]!))),
  }));
}

function joined(parts: readonly ClassScore[]): ClassScore {
  const [target, predicted] = [sumOf(parts, (one) => one.target), sumOf(parts, (one) => one.predicted)];
  const overlap = sumOf(parts, (one) => one.overlap);
  const soft = (of: (one: ClassScore) => number | null) =>
    parts.some((one) => of(one) === null) ? null : sumOf(parts, (one) => of(one)!);
  return {
    pixels: sumOf(parts, ({ pixels }) => pixels),
    ...{ target, predicted, overlap },
    softPredicted: soft((one) => one.softPredicted),
    softOverlap: soft((one) => one.softOverlap),
    dice: fraction(2 * overlap, target + predicted),
    iou: fraction(overlap, target + predicted - overlap),
    hd95: null,
    missed: target > 0 && predicted === 0,
    invented: target === 0 && predicted > 0,
  };
}

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);
