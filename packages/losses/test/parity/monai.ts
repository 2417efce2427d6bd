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
        if (mode === 'multilabel') return skip('MON-2', 'softmax cross-entropy of multilabel targets');
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
  const spec = call('gdice', {
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
