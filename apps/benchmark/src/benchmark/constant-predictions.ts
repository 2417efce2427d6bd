import { summarizeCases, type CaseScore, type CasesSummary } from '@segloss/metrics';

/** A prediction that needs no training: every pixel the same class. */
export interface ConstantPrediction {
  readonly name: string;
  readonly summary: CasesSummary;
  readonly cases: readonly CaseScore[];
}

/**
 * Scores the constant predictions that a table should be compared with: the most frequent class, and the class with the highest Dice. The
 * scores of a constant follow from the true pixel counts, so no image is needed; its HD95 is unknown.
 */
export function constantPredictions(
  cases: readonly CaseScore[],
  classes: readonly string[],
  background: number | null,
): ConstantPrediction[] {
  if (cases.length === 0) return [];
  const truth = classes.map((_, k) => cases.reduce((sum, one) => sum + one.classes[k]!.target, 0));
  const foreground = classes.map((_, k) => k).filter((k) => k !== background);
  // The Dice of the constant k is 2q / (1 + q), so the best one is the class with the largest share.
  const [frequent, best] = [classes.map((_, k) => k), foreground].map((some) =>
    some.reduce((a, b) => (truth[b]! > truth[a]! ? b : a)),
  );
  return [...new Set([frequent!, best!])].map((k) => {
    const constant = cases.map((one) => constantCase(one, k));
    return {
      name: `all ${classes[k]!}`,
      cases: constant,
      summary: summarizeCases(constant, { classes, background }),
    };
  });
}

function constantCase({ id, ignored, classes }: CaseScore, label: number): CaseScore {
  return {
    ...{ id, ignored },
    classes: classes.map(({ pixels, target }, k) => {
      const predicted = k === label ? pixels : 0;
      const overlap = k === label ? target : 0;
      const union = target + predicted;
      return {
        ...{ pixels, target, predicted, overlap, softPredicted: predicted, softOverlap: overlap, hd95: null },
        dice: union > 0 ? (2 * overlap) / union : null,
        iou: union > 0 ? overlap / (union - overlap) : null,
        missed: target > 0 && predicted === 0,
        invented: target === 0 && predicted > 0,
      };
    }),
  };
}
