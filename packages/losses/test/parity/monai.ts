import { type Adapter, call, optionsOf, type Plan, type PlannedTerm, skip, takes255, total } from './plan';

interface Options {
  include_background: boolean;
  softmax: boolean;
  sigmoid: boolean;
  use_softmax: boolean;
  squared_pred: boolean;
  jaccard: boolean;
  reduction: 'mean' | 'sum' | 'none';
  smooth_nr: number;
  smooth_dr: number;
  batch: boolean;
  weight?: number[] | null;
  w_type: 'square' | 'simple' | 'uniform';
  alpha?: number | null;
  beta: number;
  gamma: number;
  lambda_dice: number;
  lambda_ce: number;
  lambda_focal: number;
  lambda_gdl: number;
  label_smoothing: number;
  kernel_size: number;
  kernel_ops: 'mean' | 'gaussian';
  distance_type: 'l1' | 'l2';
  sigma: number;
  dist_matrix: number[][];
  weighting_mode: string;
  delta: number;
}

interface Shape {
  readonly images: number;
  readonly channels: number;
  readonly pixels: number;
}

/** The losses of MONAI: sums of one image, smoothing in numerator and denominator. */
export const monaiAdapter =
  (defaults: Record<string, Record<string, unknown>>): Adapter =>
  (golden, input) => {
    const { loss, mode } = golden;
    const options = optionsOf<Options>(golden, defaults[loss] as Partial<Options>);
    if (takes255(input, undefined))
      return skip('MON-1', 'there is no ignore label: 255 is taken as a target');
    const [images, channels, ...space] = golden.shapeLogits as [number, number, ...number[]];
    const shape = { images, channels, pixels: space.reduce((a, b) => a * b, 1) };
    const oneAgainstRest = mode === 'multiclass' && options.sigmoid;
    const plan = (...terms: PlannedTerm[]): Plan => ({
      terms,
      ...(oneAgainstRest && { mode: 'multilabel' as const }),
    });
    switch (loss) {
      case 'DiceLoss':
        return plan(diceTerm(options, shape));
      case 'TverskyLoss':
        return plan(tverskyTerm(options, shape));
      case 'GeneralizedDiceLoss':
        return plan(generalizedTerm(options, shape));
      case 'MaskedDiceLoss':
        if (options.sigmoid || options.softmax)
          return skip('MON-5', 'the mask multiplies logits before the activation');
        return { terms: [diceTerm(options, shape)], mask: (golden['extras'] as { mask: string }).mask };
      case 'FocalLoss':
        return focalPlan(options, shape);
      case 'DiceCELoss':
        if (mode === 'multilabel') return softmaxOfMultilabel(options, shape, input.labels);
        return plan(
          { ...diceTerm(diceOfDiceCe(options), shape), weight: options.lambda_dice },
          { ...crossEntropyTerm(options, shape), weight: options.lambda_ce },
        );
      case 'DiceFocalLoss':
        return plan(
          { ...diceTerm(options, shape), weight: options.lambda_dice },
          { ...sigmoidFocalTerm(options, shape), weight: options.lambda_focal },
        );
      case 'GeneralizedDiceFocalLoss':
        return plan(
          { ...generalizedTerm(options, shape), weight: options.lambda_gdl },
          { ...sigmoidFocalTerm(options, shape), weight: options.lambda_focal },
        );
      case 'NACLLoss':
        return plan({ spec: naclSpec(options) });
      case 'GeneralizedWassersteinDiceLoss': {
        const gdl = options.weighting_mode === 'GDL';
        // No image has any overlap or any error, so mixing them up does not show.
        const unmixed = /perfect/.test(golden.input) || (/allbg/.test(golden.input) && !gdl);
        if (shape.images > 1 && !unmixed)
          return skip('MONAI#4650', 'every image of a batch gets the overlap of all of them');
        const spec = call('wasserstein-dice', {
          distanceMatrix: options.dist_matrix,
          weighting: gdl ? 'gdl' : 'default',
          smooth: options.smooth_nr,
          smoothDenominator: options.smooth_dr,
        });
        return plan({ spec, scale: options.reduction === 'sum' ? shape.images : 1 });
      }
      case 'HausdorffDTLoss':
      case 'LogHausdorffDTLoss':
        return hausdorffPlan(loss.startsWith('Log'), options, shape, plan);
      case 'SoftclDiceLoss':
      case 'SoftDiceclDiceLoss':
        return clDicePlan(loss, golden.options, shape, plan);
      case 'AsymmetricUnifiedFocalLoss':
        return unifiedFocalPlan(golden['activation'], options, golden, plan);
      default:
        return skip('missing', `${loss} is not among the losses yet`);
    }
  };

const counted = ({ include_background: all }: Options, { channels }: Shape) =>
  all || channels === 1 ? channels : channels - 1;

/** From the mean over images and classes to their sum. */
function groups(options: Options, shape: Shape): number {
  return options.reduction === 'mean' ? 1 : (options.batch ? 1 : shape.images) * counted(options, shape);
}

/** A weight for every channel, and the factor from our weighted mean to their mean of weighted values. */
function weightsOf(options: Options, shape: Shape) {
  const { weight } = options;
  if (!weight || shape.channels === 1) return { list: undefined, factor: 1 };
  const list = weight.length < shape.channels ? [0, ...weight] : weight;
  return { list, factor: total(list) / counted(options, shape) };
}

function common(options: Options, shape: Shape) {
  return {
    aggregation: options.batch ? 'perBatch' : 'perImage',
    includeBackground: options.include_background ? undefined : false,
    classWeights: weightsOf(options, shape).list,
  };
}

function diceTerm(options: Options, shape: Shape): PlannedTerm {
  // Their Jaccard is the Dice form with twice the union below, so it takes half the smoothing.
  const half = options.jaccard ? 0.5 : 1;
  const spec = call(options.jaccard ? 'jaccard' : 'dice', {
    smooth: half * options.smooth_nr,
    smoothDenominator: half * options.smooth_dr,
    squared: options.squared_pred ? true : undefined,
    ...common(options, shape),
  });
  return { spec, scale: groups(options, shape) * weightsOf(options, shape).factor };
}

function tverskyTerm(options: Options, shape: Shape): PlannedTerm {
  const spec = call('tversky', {
    alpha: options.alpha,
    beta: options.beta,
    smooth: options.smooth_nr,
    smoothDenominator: options.smooth_dr,
    ...common({ ...options, weight: null }, shape),
  });
  return { spec, scale: groups(options, shape) };
}

function generalizedTerm(options: Options, shape: Shape): PlannedTerm {
  const spec = call('generalized-dice', {
    weighting: options.w_type,
    emptyWeight: 'max',
    smooth: options.smooth_nr,
    smoothDenominator: options.smooth_dr,
    complement: false,
    ...common({ ...options, weight: null }, shape),
  });
  return { spec, scale: options.reduction === 'mean' || options.batch ? 1 : shape.images };
}

/** Without the background the Dice part gets the weights of the other classes. */
function diceOfDiceCe(options: Options): Options {
  const { weight, include_background: all } = options;
  return { ...options, weight: weight && !all ? [0, ...weight.slice(1)] : (weight ?? null) };
}

function crossEntropyTerm(
  { weight, label_smoothing: labelSmoothing, reduction }: Options,
  shape: Shape,
): PlannedTerm {
  const scale = reduction === 'sum' ? shape.images * shape.pixels : 1;
  if (shape.channels === 1) return { spec: call('bce', { positiveWeight: weight?.[0] }), scale };
  return { spec: call('ce', { labelSmoothing, classWeights: weight ?? undefined }), scale };
}

/** One-against-the-rest focal; its sum is a mean over space first (MON-4). */
function sigmoidFocalTerm(options: Options, shape: Shape): PlannedTerm {
  const { gamma, alpha, weight, include_background: all, reduction } = options;
  const kept = counted(options, shape);
  const { list } = weightsOf(options, shape);
  const weights =
    list ??
    (all || shape.channels === 1 ? undefined : [0, ...Array<number>(kept).fill(1)].slice(0, shape.channels));
  const spec = call('focal', { activation: 'sigmoid', gamma, alpha: weight || !alpha ? weights : alpha });
  const perElement = weights ? shape.channels / kept : 1;
  const count = reduction === 'mean' ? 1 : shape.images * kept * (reduction === 'none' ? shape.pixels : 1);
  return { spec, scale: perElement * count };
}

function focalPlan(options: Options, shape: Shape): Plan {
  if (!options.use_softmax) {
    const term = sigmoidFocalTerm(options, shape);
    return { terms: [term] };
  }
  if (!options.include_background)
    return skip('MON-13', 'channel 0 is cut before the softmax and alpha is dropped');
  const { alpha, gamma, weight } = options;
  const { channels, images, pixels } = shape;
  const list = alpha ? [1 - alpha, ...Array<number>(channels - 1).fill(alpha)] : (weight ?? undefined);
  // Their mean is over all N·C·M elements, of which one per pixel is not 0.
  const count =
    options.reduction === 'mean' ? 1 : images * channels * (options.reduction === 'none' ? pixels : 1);
  return { terms: [{ spec: call('focal', { gamma, alpha: list }), scale: count / channels }] };
}

type Planner = (...terms: PlannedTerm[]) => Plan;

function naclSpec({
  alpha,
  kernel_size: kernelSize,
  kernel_ops: kernel,
  distance_type: distance,
  sigma,
}: Options) {
  return call('nacl', { alpha, kernelSize, kernel, distance, sigma });
}

/** Mean over images and classes; the background of a single channel is the channel itself. */
function hausdorffPlan(log: boolean, options: Options, shape: Shape, plan: Planner): Plan {
  const { alpha, include_background: all, reduction, batch } = options;
  const classes = Array.from({ length: shape.channels }, (_, k) => k).slice(
    all || shape.channels === 1 ? 0 : 1,
  );
  const spec = call('hausdorff-dt', { alpha, log: log || undefined, classes, includeBackground: true });
  if (reduction === 'mean') return plan({ spec });
  const count = (batch ? 1 : shape.images) * classes.length;
  if (log && count > 1)
    return skip(
      'by design',
      'the logarithm of each image and class or of their sum: segloss takes that of the mean',
    );
  return plan({ spec, scale: count });
}

/** One ratio for the batch and all classes but the first. */
function clDicePlan(loss: string, given: unknown, { channels }: Shape, plan: Planner): Plan {
  if (channels === 1) return skip('MON-7', 'channel 0 is dropped, so nothing is left of one channel');
  const { iter_: iterations = 3, smooth = 1, alpha = 0.5 } = given as Record<string, number>;
  const spec = call('cldice', { iterations, smooth, aggregation: 'micro', includeBackground: false });
  if (loss === 'SoftclDiceLoss') return plan({ spec });
  const dice = call('dice', { smooth, aggregation: 'micro', includeBackground: false });
  return plan({ spec: dice, weight: 1 - alpha }, { spec, weight: alpha });
}

function unifiedFocalPlan(
  activation: unknown,
  { gamma, delta }: Options,
  { mode, options, input }: { mode: string; options: unknown; input: string },
  plan: Planner,
): Plan {
  if (mode === 'binary') return skip('MON-6', 'one channel is made an integer, without a gradient');
  if (activation === undefined) return skip('MON-6', 'no activation is applied: raw logits are clamped');
  const { weight = 0.5 } = options as { weight?: number };
  const focal = call('asymmetric-focal', { delta, gamma });
  if (/perfect|extreme/.test(input))
    return skip('by design', 'probabilities are clamped to 1e-7, so far logits have no gradient');
  if (weight === 1) return { terms: [{ spec: focal }], onlyTotal: true };
  const tversky = call('asymmetric-focal-tversky', { delta, gamma, smooth: 1e-7 });
  return plan({ spec: focal, weight }, { spec: tversky, weight: 1 - weight });
}

/** MON-2: softmax cross-entropy beside sigmoid Dice; its mean is over pixels, ours over labels. */
function softmaxOfMultilabel(options: Options, shape: Shape, labels: readonly number[]): Plan {
  const { weight, label_smoothing: labelSmoothing, lambda_ce, lambda_dice, reduction } = options;
  const { channels, images, pixels } = shape;
  if (labelSmoothing > 0)
    return skip(
      'MON-2',
      'softmax cross-entropy of multilabel targets that are smoothed where no label is set',
    );
  const labelsOf = (i: number) => {
    const first = i - (Math.floor(i / pixels) % channels) * pixels;
    return total(Array.from({ length: channels }, (_, k) => labels[first + k * pixels]!));
  };
  if (labels.some((label, i) => label > 0 && Math.abs(labelsOf(i) - 1) > 1e-3))
    return skip('MON-2', 'softmax cross-entropy of pixels with several labels, which are no distribution');
  const weightOf = (i: number) => weight?.[Math.floor(i / pixels) % channels] ?? 1;
  const weighed = total(labels.map((label, i) => label * weightOf(i)));
  const dice = diceTerm(diceOfDiceCe(options), shape);
  const ce = call('ce', { mode: 'multiclass', labelSmoothing, classWeights: weight ?? undefined });
  const scale = reduction === 'sum' ? weighed : weighed / (images * pixels);
  return {
    mode: 'terms',
    terms: [
      { ...dice, spec: dice.spec.replace(')', ',mode=multilabel)'), weight: lambda_dice },
      { spec: ce, scale, weight: lambda_ce },
    ],
  };
}
