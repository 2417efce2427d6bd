import { lesionCase, summarizeLesions, type BootstrapOptions, type LesionCase, type LesionOptions, type LesionSummary } from '@segloss/metrics'; // prettier-ignore

import type { Counts } from './count.js';
import { inOrderOfTruth, type Labels } from './read-mask.js';

/** The lesions of each label of one case. */
export type LabelLesions = ReadonlyMap<number, LesionCase>;

/** The label whose regions are no lesions. */
const BACKGROUND = 0;

/** Finds the lesions of each label but 0 in a true and a predicted mask. */
export function labelLesions(
  truth: Labels,
  predicted: Labels,
  {
    ignored,
    labels,
    options,
  }: { ignored: number | undefined; labels: Iterable<number>; options: LesionOptions },
): LabelLesions {
  const values = inOrderOfTruth(truth, predicted);
  const { shape } = truth;
  const spacing = spacingOf(truth);
  return new Map(
    [...new Set(labels)]
      .filter((label) => label !== BACKGROUND && label !== ignored)
      .map((label) => [
        label,
        lesionCase(truth.values, values, {
          ...{ ...options, shape, label, ignoreIndex: ignored ?? NONE },
          ...(spacing && { spacing }),
        }),
      ]),
  );
}

/** No mask holds this label. */
const NONE = -1;

/** Lengths of a voxel in mm, as the file says where voxels lie; undefined for images. */
function spacingOf({ volume }: Labels): readonly number[] | undefined {
  if (volume === undefined) return undefined;
  const [x, y, z] = [0, 1, 2].map((axis) => Math.hypot(...volume.affine.map((row) => row[axis]!)));
  const spacing = [z!, y!, x!];
  return spacing.every((step) => step > 0) ? spacing : undefined;
}

/** The lesions of every class in a case; null for label 0. @param labels The label of each class. */
export function classLesions(
  labels: readonly number[],
  found: LabelLesions,
  { brats }: LesionOptions,
): (LesionCase | null)[] {
  return labels.map((label) =>
    label === BACKGROUND
      ? null
      : (found.get(label) ?? lesionCase([], [], { shape: [0, 0], ...(brats && { brats }) })),
  );
}

/** Summarizes the lesions of each class over all cases; null for label 0. @param bootstrap Draws the same for every class. */
export function summarizeClasses(
  cases: readonly (readonly (LesionCase | null)[])[],
  bootstrap: () => BootstrapOptions,
): (LesionSummary | null)[] {
  return (cases[0] ?? []).map((one, k) =>
    one === null
      ? null
      : summarizeLesions(
          cases.map((lesions) => lesions[k]!),
          { bootstrap: bootstrap() },
        ),
  );
}

/** What a count of labels names. */
export const labelsIn = (...counts: readonly Counts[]): number[] => counts.flatMap((one) => [...one.keys()]);
