import { type Adapter, call, type PlannedTerm, seenShare, skip } from './plan';

const DICE = { smooth: 0, aggregation: 'perBatch', absentClass: 'zero' };

/** Why a quirk of the reference is not reproduced, where it changes the numbers. */
const MENDED: Readonly<Record<string, string>> = {
  'SLB-2': 'the reference takes the ignore label 255 as a target of the binary cross-entropy',
  'SLB-3':
    'the reference ignores class weights in binary and multilabel mode; segloss applies or refuses them',
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
    if (input.labels.length === 1)
      return skip('SLB-11', 'the absent class gets the weight 1e7, which float32 cannot follow');
    const spec = call('generalized-dice', {
      aggregation: 'perBatch',
      emptyWeight: 1e-7,
      activation: 'sigmoid',
    });
    return { terms: [{ spec }], ...(mode === 'multiclass' && { mode: 'multilabel' as const }) };
  }
  for (const quirk of quirks) if (MENDED[quirk]) return skip(quirk, MENDED[quirk]);
  const focal = loss.startsWith('nnunet:')
    ? call('focal', { labelClip: 1e-5, ignoreIndex })
    : call('focal', {
        activation: 'sigmoid',
        classReduction: mode === 'multiclass' ? 'sum' : undefined,
        ignoreIndex,
      });
  const specs: Readonly<Record<string, string>> = {
    CE: call('ce', { classWeights: mode === 'multiclass' ? classWeights : undefined, ignoreIndex }),
    Focal: focal,
    FocalLoss: focal,
    Dice: call('dice', { ...DICE, ignoreIndex }),
    DiceLoss: call('dice', { ...DICE, ignoreIndex }),
    LogDice: call('log-dice', { ...DICE, ignoreIndex }),
    LogDiceLoss: call('log-dice', { ...DICE, ignoreIndex }),
    L1: call('l1', { temperature }),
    KL: call('kl', { temperature, oneSided: mode === 'multilabel' ? true : undefined }),
    DB: call('dice-bias', { temperature }),
  };
  // SLB-5: what the reference calls Focal+LogDice has no logarithm.
  const [base, extra] = loss.replace('nnunet:', '').replace('Focal+LogDice', 'Focal+Dice').split('+') as [
    string,
    string?,
  ];
  // SLB-9: an image without valid pixels counts in the mean, with p = q = 1.
  const share = seenShare(input);
  const regularised = /L1|KL|DB/.test(extra ?? '');
  const terms: PlannedTerm[] = [{ spec: specs[base]! }];
  if (extra) terms.push({ spec: specs[extra]!, weight: alpha, ...(regularised && { scale: share }) });
  const offset = extra === 'DB' && share < 1 ? alpha * (1 - share) * Math.log(2) : undefined;
  // SLB-4: the marginals ignore 255, whatever is configured.
  return { terms, ignoreIndex: 'terms', ...(offset !== undefined && { offset }) };
};
