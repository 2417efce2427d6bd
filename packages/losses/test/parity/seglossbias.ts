import { type Adapter, call, skip } from './plan';

const DICE = { smooth: 0, aggregation: 'perBatch', absentClass: 'zero' };

/** Why a quirk of the reference is not reproduced, where it changes the numbers. */
const MENDED: Readonly<Record<string, string>> = {
  'SLB-2': 'the reference takes the ignore label 255 as a target of the binary cross-entropy',
  'SLB-3':
    'the reference ignores class weights in binary and multilabel mode; segloss applies or refuses them',
  'SLB-4': 'the reference ignores the configured ignore index in its marginals',
  'SLB-9': 'the reference counts an image without valid pixels in the mean; segloss leaves it out',
};

interface Options {
  alpha?: number;
  temp?: number;
  classWeights?: number[];
  ignoreIndex?: number;
}

/** The losses of SegLossBias, with its pinned version of segmentation_models.pytorch. */
export const planSegLossBias: Adapter = (golden, input) => {
  const { loss, mode, quirks = [] } = golden;
  const { alpha = 1, temp: temperature = 1, classWeights, ignoreIndex = 255 } = golden.options as Options;
  if (loss === 'GDiceLoss') {
    if (input.labels.includes(255)) return skip('SLB-11', 'the reference takes the label 255 as a target');
    if (mode === 'binary' && new Set(input.labels).size === 1)
      return skip('SLB-11', 'the absent class gets the weight 1e7 and swamps the other');
    const spec = call('gdice', { aggregation: 'perBatch', emptyWeight: 1e-7, activation: 'sigmoid' });
    return { terms: [{ spec }], ...(mode === 'multiclass' && { mode: 'multilabel' as const }) };
  }
  const regularised = /L1|KL|DB/.test(loss);
  for (const quirk of quirks) {
    const reason = quirk === 'SLB-9' && !regularised ? undefined : MENDED[quirk];
    if (reason) return skip(quirk, reason);
  }
  const focal = loss.startsWith('nnunet:')
    ? call('focal', { labelClip: 1e-5 })
    : call('focal', { activation: 'sigmoid', classReduction: mode === 'multiclass' ? 'sum' : undefined });
  const specs: Readonly<Record<string, string>> = {
    CE: call('ce', { classWeights: mode === 'multiclass' ? classWeights : undefined }),
    Focal: focal,
    FocalLoss: focal,
    Dice: call('dice', DICE),
    DiceLoss: call('dice', DICE),
    LogDice: call('log-dice', DICE),
    LogDiceLoss: call('log-dice', DICE),
    L1: call('l1', { temperature }),
    KL: call('kl', { temperature, oneSided: mode === 'multilabel' ? true : undefined }),
    DB: call('dice-bias', { temperature }),
  };
  // SLB-5: what the reference calls Focal+LogDice has no logarithm.
  const [base, extra] = loss.replace('nnunet:', '').replace('Focal+LogDice', 'Focal+Dice').split('+') as [
    string,
    string?,
  ];
  const terms = [{ spec: specs[base]! }, ...(extra ? [{ spec: specs[extra]!, weight: alpha }] : [])];
  return { terms, ignoreIndex };
};
