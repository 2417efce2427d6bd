import { DataError, IGNORED } from '@segloss/data';

import { isBlurred, THRESHOLD, valuesOf, type Counts, type PredictedCounts } from './counts.js';
import { CaseError } from './faults.js';

/** What the caller says about labels. */
export interface LabelSettings {
  /** Names of the labels 0 to K-1; undefined: the labels that the masks hold. */
  readonly classes?: readonly string[] | undefined;
  /** True label of pixels that do not count; undefined: 255, unless true masks are 0 and 255. */
  readonly ignore?: number | undefined;
}

/** How counts become proportions. */
export interface LabelRule {
  readonly classes: readonly string[];
  readonly background: number | undefined;
  readonly notes: readonly string[];
  /** @throws {CaseError} If a value is no label, or no pixel counts. */
  truth(counts: Counts): number[];
  predicted(counts: PredictedCounts, run: number): number[];
}

/** Classes and the meaning of 255 from all values that were seen. */
export function settleLabels(
  { classes: names, ignore }: LabelSettings,
  truths: readonly Counts[],
  predictions: readonly (readonly PredictedCounts[])[],
  areImages: boolean,
): LabelRule {
  const seen = valuesOf(truths);
  const maybeBinary = ignore === undefined && (names === undefined || names.length === 2);
  const blurred = maybeBinary && areImages && isBlurred(truths);
  const binary = maybeBinary && (blurred || isBlackAndWhite(seen));
  if (areImages && names === undefined && ignore === undefined && !binary) checkScaled(seen);
  const ignored = binary ? undefined : (ignore ?? IGNORED);
  const counting = ({ elsewhere, whereIgnored }: PredictedCounts) =>
    ignored === undefined ? [elsewhere, whereIgnored] : [elsewhere];
  const seenIn = predictions.map((cases) => valuesOf(cases.flatMap(counting)));
  const trueLabels = binary ? [0, 1] : [...seen].filter((value) => value !== ignored);
  const twoLabels = names === undefined ? trueLabels.every((label) => label <= 1) : names.length === 2;
  const blurredIn = predictions.map((cases) => areImages && twoLabels && isBlurred(cases.flatMap(counting)));
  const whiteIsOne = seenIn.map((values, r) => twoLabels && (blurredIn[r]! || isBlackAndWhite(values)));
  const toOne = (value: number, isBlurredPart: boolean) =>
    isBlurredPart ? Number(value > THRESHOLD) : value === 255 ? 1 : value;
  const predictedLabels = seenIn.flatMap((values, r) =>
    whiteIsOne[r] ? [0, 1] : [...values].filter((value) => value !== ignored),
  );
  const labels =
    names === undefined
      ? [...new Set([...trueLabels, ...predictedLabels])].sort((a, b) => a - b)
      : names.map((_, label) => label);
  if (labels.length < 2) {
    throw new DataError(
      `wanted masks of at least two labels, got ${labels.join(', ') || 'none'} in all of them; if other labels exist, name them: --classes background,lesion`,
      'bad-label',
    );
  }
  const place = new Map(labels.map((label, k) => [label, k]));
  const shares = (entries: readonly (readonly [number, number])[], where: string): number[] => {
    const counts = new Array<number>(labels.length).fill(0);
    let total = 0;
    for (const [label, pixels] of entries) {
      const k = place.get(label);
      if (k === undefined) {
        if (pixels === 0) continue; // a channel of probabilities that stands for no class
        throw new CaseError(
          'bad-label',
          `wanted the labels ${labels.join(', ')} in the ${where}, got ${label}; name every class, or save other labels`,
        );
      }
      counts[k]! += pixels;
      total += pixels;
    }
    if (total === 0) throw new CaseError('bad-label', `no pixel of the ${where} counts: all are ignored`);
    return counts.map((count) => count / total);
  };
  const isTwo = labels.length === 2 && labels[0] === 0;
  return {
    classes: names ?? (isTwo ? ['background', 'foreground'] : labels.map(String)),
    background: isTwo ? 0 : undefined,
    notes: [
      ...notes(binary, ignored, seen, whiteIsOne, names === undefined ? labels : undefined),
      ...(blurred || blurredIn.some(Boolean)
        ? [
            `${[...(blurred ? ['true masks'] : []), ...(blurredIn.some(Boolean) ? ['predictions'] : [])].join(' and ')} with blurred edges: values above ${THRESHOLD} are the foreground`,
          ]
        : []),
    ],
    truth: (counts) =>
      shares(
        [...counts]
          .filter(([value]) => value !== ignored)
          .map(([value, n]) => [binary ? toOne(value, blurred) : value, n]),
        'true mask',
      ),
    predicted: (counts, run) =>
      shares(
        counting(counts).flatMap((part) =>
          [...part].map(
            ([value, n]) => [whiteIsOne[run] ? toOne(value, blurredIn[run]!) : value, n] as const,
          ),
        ),
        'prediction',
      ),
  };
}

function notes(
  binary: boolean,
  ignored: number | undefined,
  seen: ReadonlySet<number>,
  whiteIsOne: readonly boolean[],
  labels: readonly number[] | undefined,
): string[] {
  return [
    ...(labels ? [`labels found: ${labels.join(', ')}`] : []),
    ...(binary ? ['true masks hold 0 and 255: 255 is the foreground, and no pixel is ignored'] : []),
    ...(whiteIsOne.some(Boolean) ? ['predictions that hold 0 and 255: 255 is the foreground'] : []),
    ...(ignored !== undefined && seen.has(ignored)
      ? [`pixels whose true label is ${ignored} do not count`]
      : []),
  ];
}

/** Whether these are the values of masks saved as black and white. */
const isBlackAndWhite = (values: ReadonlySet<number>) =>
  values.has(255) && [...values].every((value) => value === 0 || value === 255);

/** Throws where values look like labels that were multiplied to be seen by eye, where 255 is the last one and not ignored. */
function checkScaled(values: ReadonlySet<number>): void {
  if (!values.has(255)) return;
  const large = [...values].filter((value) => value > THRESHOLD && value < 255);
  if (large.length === 0) return;
  throw new DataError(
    `true masks hold ${[...values]
      .sort((a, b) => a - b)
      .slice(0, 8)
      .join(
        ', ',
      )}${values.size > 8 ? ', ...' : ''}: labels scaled to be seen by eye, or blurred; save them as 0, 1, 2, ... , or say what 255 means: --ignore 255 with --classes`,
    'bad-label',
  );
}
