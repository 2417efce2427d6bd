import { type Adapter, call, type Plan, type PlannedTerm, skip } from './plan';

interface DiceOptions {
  batch_dice?: boolean;
  do_bg?: boolean;
  smooth?: number;
  square?: boolean;
}

const SQUARE = skip(
  'by design',
  '`square` squares each product, p t, p (1-t), (1-p) t: not a size of a region',
);
const MISSING: Readonly<Record<string, string>> = {
  TopKLoss: 'top-k cross-entropy',
  DC_and_topk_loss: 'top-k cross-entropy',
  ExpLog_loss: 'the exponential-logarithmic loss',
  BDLoss: 'the boundary loss',
  'nnunetv1:BDLoss': 'the boundary loss',
  DC_and_BD_loss: 'the boundary loss',
  'nnunetv1:HDLoss': 'the Hausdorff loss',
  HDDTBinaryLoss: 'the Hausdorff loss',
  DC_and_HDBinary_loss: 'the Hausdorff loss',
  HausdorffDTLoss: 'the Hausdorff loss',
  DistBinaryDiceLoss: 'distance-weighted Dice',
};

/** The losses of SegLossOdyssey, which return the negative score (ODY-8). */
export const planSegLossOdyssey: Adapter = ({ loss, options, shapeLogits }) => {
  if (MISSING[loss]) return skip('missing', `${MISSING[loss]} is not among the losses yet`);
  const given = options as DiceOptions & Record<string, unknown>;
  const negative = (spec: string): Plan => ({ terms: [{ spec }], offset: -1 });
  const pixels = shapeLogits.reduce((a, b) => a * b, 1) / shapeLogits[1]!;
  switch (loss) {
    case 'SoftDiceLoss':
      return given.square ? SQUARE : negative(call('dice', region(given)));
    case 'IoULoss':
      return given.square ? SQUARE : negative(call('jaccard', region(given)));
    case 'TverskyLoss':
      return given.square ? SQUARE : negative(call('tversky', { ...region(given), alpha: 0.3, beta: 0.7 }));
    case 'AsymLoss': {
      const beta = 2.25 / 3.25;
      return given.square ? SQUARE : negative(call('tversky', { ...region(given), alpha: 1 - beta, beta }));
    }
    case 'SSLoss':
      return { terms: [{ spec: call('sensitivity-specificity', region(given)) }] };
    case 'FocalTversky_loss': {
      const inner = (given['tversky_kwargs'] ?? {}) as DiceOptions;
      const gamma = (given['gamma'] as number | undefined) ?? 0.75;
      return { terms: [{ spec: call('focal-tversky', { ...region(inner), gamma, powerOf: 'mean' }) }] };
    }
    case 'GDiceLoss': {
      const smooth = given.smooth ?? 1e-5;
      return negative(call('gdice', { emptyWeight: 1e-20, smooth: 2 * smooth, smoothDenominator: smooth }));
    }
    case 'GDiceLossV2':
      return negative(
        call('gdice', {
          emptyWeight: given.smooth ?? 1e-5,
          floor: given.smooth ?? 1e-5,
          aggregation: 'perBatch',
        }),
      );
    case 'PenaltyGDiceLoss':
      return skip('ODY-3', 'the penalty formula of [0, 1] is applied to the negative score');
    case 'DC_and_CE_loss': {
      const dice = given['soft_dice_kwargs'] as DiceOptions;
      if (dice.square) return SQUARE;
      const { weight } = given['ce_kwargs'] as { weight?: number[] };
      const ce: PlannedTerm = { spec: call('ce', { classWeights: weight }) };
      return { terms: [{ spec: call('dice', region(dice)) }, ce], offset: -1 };
    }
    case 'DisPenalizedCE':
      return { terms: [{ spec: 'ce' }] };
    case 'FocalLoss': {
      if (given['alpha'] !== undefined)
        return skip('by design', 'class weights together with clipped labels');
      const spec = call('focal', { labelClip: 1e-5, gamma: given['gamma'] });
      return { terms: [{ spec, scale: given['size_average'] === false ? pixels : 1 }] };
    }
    case 'LovaszSoftmax':
      return {
        terms: [
          {
            spec: 'lovasz(aggregation=perBatch,absentClass=smooth)',
            scale: given['reduction'] === 'sum' ? shapeLogits[1]! : 1,
          },
        ],
      };
    default:
      return skip('missing', `${loss} is not among the losses`);
  }
};

function region({ batch_dice: batch, do_bg: background, smooth }: DiceOptions) {
  return {
    aggregation: batch ? 'perBatch' : 'perImage',
    includeBackground: background === false ? false : undefined,
    smooth: smooth ?? 1,
  };
}
