import type { GoldenCase, GoldenInput } from '@segloss/testing';

import { type Adapter, call, labelCounts, type Plan, type PlannedTerm, skip, takes255, total } from './plan';

interface DiceOptions {
  batch_dice?: boolean;
  do_bg?: boolean;
  smooth?: number;
  square?: boolean;
}

type Options = Record<string, unknown>;

const BOUNDARY = 'boundary(innerBorder=zero)';
const ODY_5 = skip('ODY-5', 'the distances of a mask without foreground or background are arbitrary');
/** The losses of SegLossOdyssey, which return the negative score (ODY-8). */
export const planSegLossOdyssey: Adapter = (golden, input) => {
  const { loss, options, shapeLogits } = golden;
  const given = options as DiceOptions & Record<string, unknown>;
  const negative = (spec: string): Plan => ({ terms: [{ spec }], offset: -1 });
  const pixels = shapeLogits.reduce((a, b) => a * b, 1) / shapeLogits[1]!;
  switch (loss) {
    case 'SoftDiceLoss':
      return negative(call('dice', region(given)));
    case 'IoULoss':
      return negative(call('jaccard', region(given)));
    case 'TverskyLoss':
      return negative(call('tversky', { ...region(given), alpha: 0.3, beta: 0.7 }));
    case 'AsymLoss': {
      const beta = 2.25 / 3.25;
      return negative(call('tversky', { ...region(given), alpha: 1 - beta, beta }));
    }
    case 'SSLoss':
      return { terms: [{ spec: call('sensitivity-specificity', region({ ...given, square: false })) }] };
    case 'FocalTversky_loss': {
      const inner = (given['tversky_kwargs'] ?? {}) as DiceOptions;
      const gamma = (given['gamma'] as number | undefined) ?? 0.75;
      return { terms: [{ spec: call('focal-tversky', { ...region(inner), gamma, powerOf: 'mean' }) }] };
    }
    case 'GDiceLoss': {
      const smooth = given.smooth ?? 1e-5;
      return negative(
        call('generalized-dice', { emptyWeight: 1e-20, smooth: 2 * smooth, smoothDenominator: smooth }),
      );
    }
    case 'GDiceLossV2':
      return negative(
        call('generalized-dice', {
          emptyWeight: given.smooth ?? 1e-5,
          floor: given.smooth ?? 1e-5,
          aggregation: 'perBatch',
        }),
      );
    case 'PenaltyGDiceLoss': {
      const { smooth = 1e-5 } = (given['gdice_kwargs'] ?? {}) as DiceOptions;
      const options = { emptyWeight: 1e-20, smooth: 2 * smooth, smoothDenominator: smooth };
      return {
        terms: [
          {
            spec: call('penalty-generalized-dice', {
              ...options,
              applied: 'negativeScore',
              appliedTo: 'mean',
            }),
          },
        ],
      };
    }
    case 'DC_and_CE_loss': {
      const dice = given['soft_dice_kwargs'] as DiceOptions;
      const { weight } = given['ce_kwargs'] as { weight?: number[] };
      const ce: PlannedTerm = { spec: call('ce', { classWeights: weight }) };
      return { terms: [{ spec: call('dice', region(dice)) }, ce], offset: -1 };
    }
    case 'DisPenalizedCE':
      return { terms: [{ spec: 'ce' }] };
    case 'FocalLoss': {
      const alpha = alphaOf(given, shapeLogits[1]!);
      const labelClip = given.smooth ?? 1e-5;
      if (labelClip > 0.5) return skip('ODY-11', 'a label clipped by more than 1/2 is no label any more');
      const spec = call('focal', { labelClip, gamma: given['gamma'], alpha });
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
    case 'TopKLoss':
      return topKPlan([], given, golden, input);
    case 'DC_and_topk_loss': {
      const dice = call('dice', region(given['soft_dice_kwargs'] as DiceOptions));
      return topKPlan([{ spec: dice }], given['ce_kwargs'] as Options, golden, input);
    }
    case 'ExpLog_loss': {
      const { weight } = given['wce_kwargs'] as { weight: number[] | null };
      const spec = call('exp-log', {
        ...region(given['soft_dice_kwargs'] as DiceOptions),
        gamma: given['gamma'],
        labelWeights: weight ?? undefined,
        raiseCrossEntropy: false,
        powerOf: 'mean',
      });
      return { terms: [{ spec }], onlyTotal: true };
    }
    case 'BDLoss':
    case 'nnunetv1:BDLoss':
      return { terms: [{ spec: BOUNDARY }] };
    case 'DC_and_BD_loss': {
      const dice = call('dice', region(given['soft_dice_kwargs'] as DiceOptions));
      return { terms: [{ spec: dice }, { spec: BOUNDARY }], offset: -1 };
    }
    case 'nnunetv1:HDLoss':
      return { terms: [{ spec: 'hausdorff-dt(field=foreground)' }] };
    case 'HDDTBinaryLoss':
      return hasBorders(golden, input) ? { terms: [{ spec: 'hausdorff-dt' }] } : ODY_5;
    case 'DC_and_HDBinary_loss': {
      const dice = call('dice', region(given['soft_dice_kwargs'] as DiceOptions));
      return { terms: [{ spec: dice }, { spec: 'hausdorff-dt' }], offset: -1 };
    }
    case 'HausdorffDTLoss': // it leaves out masks without foreground, as segloss does, but not full ones
      if (input.labels.every((label) => label === 1)) return ODY_5;
      return { terms: [{ spec: call('hausdorff-dt', { alpha: given['alpha'] }) }] };
    case 'DistBinaryDiceLoss':
      return negative(
        call('distance-dice', {
          weighted: 'numerator',
          smooth: 1e-5,
          includeBackground: false,
          aggregation: 'perImage',
        }),
      );
    default:
      return skip('missing', `${loss} is not among the losses`);
  }
};

function region({ batch_dice: batch, do_bg: background, smooth, square }: DiceOptions) {
  return {
    aggregation: batch ? 'perBatch' : 'perImage',
    includeBackground: background === false ? false : undefined,
    smooth: smooth ?? 1,
    squared: square ? 'products' : undefined,
  };
}

/** Weights of the classes, which the reference scales to the sum 1. */
function alphaOf({ alpha, balance_index: index = 0 }: Options, classes: number): number[] | undefined {
  if (alpha === undefined) return undefined;
  const list = Array.isArray(alpha)
    ? (alpha as number[])
    : Array.from({ length: classes }, (_, k) => (k === index ? (alpha as number) : 1 - (alpha as number)));
  return Array.isArray(alpha) ? list.map((x) => x / total(list)) : list;
}

/** They keep ⌊n k / 100⌋ of all pixels, ignored ones too: k is moved so that ours keeps as many. */
function topKPlan(
  others: readonly PlannedTerm[],
  { k = 10, weight, ignore_index: ignored }: Options,
  _golden: GoldenCase,
  input: GoldenInput,
): Plan {
  if (takes255(input, ignored as number | undefined))
    return skip('ODY-8', 'there is no ignore label: 255 is taken as a target');
  const { all, valid } = labelCounts(input, ignored as number | undefined);
  const kept = Math.floor((all * (k as number)) / 100);
  const ours = (100 * Math.max(0.5, kept - 0.5)) / valid;
  const spec = call('topk', { k: Math.min(100, ours), classWeights: weight ?? undefined });
  const terms = [...others, { spec }];
  return {
    terms,
    ...(others.length > 0 && { offset: -1 }),
    ...(ignored !== undefined && { ignoreIndex: ignored as number }),
  };
}

/** Whether every image has pixels of both classes, in the labels and in the prediction. */
function hasBorders({ shapeLogits }: GoldenCase, { labels, logits }: GoldenInput): boolean {
  const images = shapeLogits[0]!;
  const pixels = labels.length / images;
  return Array.from({ length: images }, (_, n) => n).every((n) => {
    const own = labels.slice(n * pixels, (n + 1) * pixels);
    const [background, foreground] = [0, 1].map((k) =>
      logits.slice((2 * n + k) * pixels, (2 * n + k + 1) * pixels),
    );
    const predicted = own.map((_, i) => (foreground![i]! > background![i]! ? 1 : 0));
    return [own, predicted].every((mask) => mask.includes(0) && mask.includes(1));
  });
}
