import type { GoldenInput } from '@segloss/testing';

import {
  type Adapter,
  call,
  labelCounts,
  optionsOf,
  type Plan,
  type PlannedTerm,
  seenShare,
  skip,
  takes255,
  total,
} from './plan';

interface Options {
  smooth: number;
  eps: number;
  log_loss: boolean;
  classes?: number[];
  class_weights?: number[];
  ignore_index?: number | null;
  alpha?: number;
  beta?: number;
  gamma: number;
  normalized?: boolean;
  reduced_threshold?: number;
  reduction: 'mean' | 'sum' | 'none';
  from_logits: boolean;
  per_image: boolean;
  smooth_factor?: number;
  weight?: unknown[];
  pos_weight?: unknown[];
}

const flat = (values: unknown[] | undefined) => values?.flat(Infinity) as number[] | undefined;

/** The losses of segmentation_models.pytorch: sums over the batch, absent classes cost nothing. */
export const planSmp: Adapter = (golden, input) => {
  const { loss, mode } = golden;
  const options = optionsOf<Options>(golden, {
    smooth: 0,
    eps: loss === 'MCCLoss' ? 1e-5 : 1e-7,
    log_loss: false,
    gamma: loss === 'FocalLoss' ? 2 : 1,
    reduction: 'mean',
    from_logits: true,
  });
  const ignored = options.ignore_index ?? undefined;
  if (takes255(input, ignored)) {
    const id = loss === 'MCCLoss' ? 'SMP-5' : loss === 'LovaszLoss' ? 'SMP-9' : 'SMP-12';
    return skip(id, 'without ignore_index the label 255 is taken as a target');
  }
  const plan = (spec: string, scale = 1): Plan => ({
    terms: [{ spec, scale }] satisfies PlannedTerm[],
    ...(ignored !== undefined && { ignoreIndex: ignored }),
  });
  switch (loss) {
    case 'DiceLoss':
    case 'JaccardLoss':
    case 'TverskyLoss':
      return plan(overlapSpec(loss, options));
    case 'FocalLoss':
      return focalPlan(options, mode, labelCounts(input, ignored), input.shapeLogits, plan);
    case 'LovaszLoss': {
      const aggregation = options.per_image ? 'perImage' : 'perBatch';
      const spec = call('lovasz', { aggregation, joint: mode === 'multilabel' ? true : undefined });
      // SMP-2: an image without valid pixels counts in the mean, as 0.
      return plan(spec, options.per_image ? seenShare(input) : 1);
    }
    case 'SoftBCEWithLogitsLoss':
      return softBce(options, input, ignored, mode, plan);
    case 'SoftCrossEntropyLoss': {
      const { all, valid } = labelCounts(input, ignored);
      const spec = call('ce', { labelSmoothing: options.smooth_factor });
      return plan(spec, options.reduction === 'mean' ? valid / all : valid);
    }
    case 'MCCLoss':
      if (golden['activation'] === undefined)
        return skip('SMP-5', 'no activation is applied: raw logits are taken as probabilities');
      return plan(call('mcc', { aggregation: 'perBatch', smooth: options.eps }));
    default:
      return skip('missing', `${loss} is not among the losses`);
  }
};

function overlapSpec(loss: string, options: Options): string {
  const { smooth, eps, log_loss: log, classes, class_weights: classWeights, alpha, beta, gamma } = options;
  // Their Dice is (a + s) / ((b + d) / 2 + s), ours (2a + ε) / (b + d + ε): SMP-13.
  const factor = loss === 'DiceLoss' ? 2 : 1;
  const common = {
    aggregation: 'perBatch',
    absentClass: 'zero',
    smooth: factor * smooth,
    floor: eps === 1e-7 ? undefined : factor * eps,
    classes,
    classWeights,
  };
  if (loss === 'DiceLoss') return call(log ? 'log-dice' : 'dice', common);
  const logged = log ? true : undefined;
  if (loss === 'JaccardLoss') return call('jaccard', { ...common, log: logged });
  if (gamma === 1) return call('tversky', { ...common, alpha, beta, log: logged });
  return call('focal-tversky', { ...common, alpha, beta, gamma, powerOf: 'mean' });
}

function focalPlan(
  options: Options,
  mode: string,
  { valid }: { valid: number },
  shape: readonly number[],
  plan: (spec: string, scale?: number) => Plan,
): Plan {
  const { alpha, gamma, reduction, eps } = options;
  if (!options.from_logits && (mode === 'multiclass' || eps !== 1e-7))
    return skip('SMP-7', 'log probabilities are taken as logits');
  // Binary "none" is an array, of which the golden value is the sum; elsewhere it is the mean (SMP-6).
  const summed = reduction === 'sum' || (reduction === 'none' && mode === 'binary');
  const channels = mode === 'multilabel' ? shape[1]! : 1; // sums of a channel, the mean over channels
  const spec = call('focal', {
    activation: 'sigmoid',
    gamma,
    alpha,
    reducedThreshold: options.reduced_threshold,
    normalized: options.normalized ? true : undefined,
    classWeights: options.class_weights,
  });
  // Their mean of a normalized loss divides by the number of elements once more (SMP-6).
  if (options.normalized) return plan(spec, summed ? 1 : channels / valid);
  return plan(spec, summed ? valid / channels : 1);
}

function softBce(
  { smooth_factor: smoothing = 0, weight, pos_weight: positive, reduction }: Options,
  input: GoldenInput,
  ignored: number | undefined,
  mode: string,
  plan: (spec: string, scale?: number) => Plan,
): Plan {
  const { all, valid } = labelCounts(input, ignored);
  const divisor = reduction === 'mean' ? all : 1;
  // Theirs moves t to t (1 - s) + (1 - t) s, ours to t (1 - e) + e/2: e = 2s.
  const labelSmoothing = 2 * smoothing;
  const weights = flat(weight);
  if (weights === undefined)
    return plan(call('bce', { labelSmoothing, positiveWeight: flat(positive) }), valid / divisor);
  if (mode === 'binary') return plan(call('bce', { labelSmoothing }), (valid * weights[0]!) / divisor);
  // Ours divides by the weights of the valid elements.
  const [, channels, ...space] = input.shapeLogits as [number, number, ...number[]];
  const pixels = space.reduce((a, b) => a * b, 1);
  const seen = input.labels.map((label, i) =>
    label === ignored ? 0 : weights[Math.floor(i / pixels) % channels]!,
  );
  return plan(call('ce', { labelSmoothing, classWeights: weights }), total(seen) / divisor);
}
