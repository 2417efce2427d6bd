import { classProportions, IGNORED, type Sample } from '@segloss/data';
import { ConfusionMatrix, diceScores, hd95, iouScores, meanScore, regionSizes } from '@segloss/metrics';

import type { Scores } from './events.js';
import { scoredClasses } from './summary.js';

/** Predicted labels and the soft proportions, as a network or a constant predictor gives them. */
export interface Predicted {
  /** Label bytes of each sample, in the order of the samples. */
  readonly labels: readonly Uint8Array[];
  /** Mean probability of each class over the labelled pixels. */
  readonly soft: readonly number[];
}

/** All scores of one set of predictions; the same rules for networks and for trivial predictors. */
export function scorePredictions(
  samples: readonly Sample[],
  predicted: Predicted,
  classes: readonly string[],
): Scores {
  const count = classes.length;
  const confusion = new ConfusionMatrix(count);
  samples.forEach(({ mask }, index) =>
    confusion.add(mask, predicted.labels[index]!, { ignoreIndex: IGNORED }),
  );
  const sizes = regionSizes(confusion);
  const dice = diceScores(confusion);
  const iou = iouScores(confusion);
  const scored = scoredClasses(classes);
  const distance = classes.map((_, label) =>
    scored.includes(label) ? meanDistance(samples, predicted.labels, label) : NaN,
  );
  const mean = (values: readonly number[]) => meanScore(scored.map((k) => values[k]!));
  return {
    dice,
    iou,
    hd95: distance,
    meanDice: mean(dice),
    meanIou: mean(iou),
    meanHd95: mean(distance),
    truth: sizes.map((size) => size.truth),
    soft: [...predicted.soft],
    hard: sizes.map((size) => size.predicted),
  };
}

function meanDistance(samples: readonly Sample[], labels: readonly Uint8Array[], label: number): number {
  const distances = samples.flatMap(({ mask, height, width }, index) =>
    mask.includes(label)
      ? [
          hd95(mask, labels[index]!, {
            shape: [height, width],
            label,
            convention: 'max-of-directed',
            empty: 'diagonal',
          }),
        ]
      : [],
  );
  return meanScore(distances);
}

/**
 * What needs no training: every pixel the same class. The class that is most frequent in training, and the
 * one with the highest mean Dice, if that is another.
 */
export function trivialPredictors(
  train: readonly Sample[],
  val: readonly Sample[],
  classes: readonly string[],
): { name: string; scores: Scores }[] {
  const constant = (k: number) => ({
    name: `all ${classes[k]}`,
    scores: scorePredictions(
      val,
      {
        labels: val.map(({ mask }) => new Uint8Array(mask.length).fill(k)),
        soft: classes.map((_, other) => (other === k ? 1 : 0)),
      },
      classes,
    ),
  });
  const share = classProportions(train, classes.length);
  const frequent = share.indexOf(Math.max(...share));
  const truth = classProportions(val, classes.length);
  // Dice of the constant k is 2 q / (1 + q), so the best one is the scored class with the largest share.
  const best = scoredClasses(classes).reduce((a, b) => (truth[b]! > truth[a]! ? b : a));
  return [...new Set([frequent, best])].map(constant);
}
