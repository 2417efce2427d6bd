import * as tf from '@tensorflow/tfjs-core';

import { type GoldenCase, type GoldenFile } from '@segloss/testing';
import { type Loss, type Mode, parseLoss } from '@segloss/losses';

/** How one golden case is put to segloss, or why it is not. */
export type Plan = { spec: string } | { skip: string; reason: string };

const DICE = '(smooth=0,aggregation=perBatch,absentClass=zero)';

/** Why a quirk of the reference is not reproduced, where it changes the numbers. */
const MENDED: Readonly<Record<string, string>> = {
  'SLB-2': 'the reference takes the ignore label 255 as a target of the binary cross-entropy',
  'SLB-3':
    'the reference ignores class weights in binary and multilabel mode; segloss applies or refuses them',
  'SLB-4': 'the reference ignores the configured ignore index in its marginals',
  'SLB-9': 'the reference counts an image without valid pixels in the mean; segloss leaves it out',
};

/** The segloss spec with the reference's options, or the quirk that segloss mends on purpose. */
export function planSegLossBias(golden: GoldenCase): Plan {
  const { loss, mode } = golden;
  if (loss === 'GDiceLoss') return { skip: 'SLB-11', reason: 'generalized Dice is not among the losses yet' };
  const hasReg = /L1|KL|DB/.test(loss);
  for (const quirk of golden.quirks ?? []) {
    if (quirk === 'SLB-9' && !hasReg) continue;
    if (MENDED[quirk]) return { skip: quirk, reason: MENDED[quirk] };
  }
  const options = golden.options as { alpha?: number; temp?: number; classWeights?: number[] };
  const weights =
    options.classWeights && mode === 'multiclass' ? `(classWeights=[${options.classWeights}])` : '';
  const focal = loss.startsWith('nnunet:')
    ? 'focal(labelClip=0.00001)'
    : `focal(activation=sigmoid${mode === 'multiclass' ? ',classReduction=sum' : ''})`;
  const T = `temperature=${options.temp ?? 1}`;
  const parts: Readonly<Record<string, string>> = {
    CE: `ce${weights}`,
    Focal: focal,
    FocalLoss: focal,
    Dice: `dice${DICE}`,
    DiceLoss: `dice${DICE}`,
    LogDice: `log-dice${DICE}`,
    LogDiceLoss: `log-dice${DICE}`,
    L1: `l1(${T})`,
    KL: `kl(${T}${mode === 'multilabel' ? ',oneSided=true' : ''})`,
    DB: `dice-bias(${T})`,
  };
  // SLB-5: what the reference calls Focal+LogDice has no logarithm.
  const name = loss.replace('nnunet:', '').replace('Focal+LogDice', 'Focal+Dice');
  const [base, extra] = name.split('+') as [string, string?];
  return { spec: extra ? `${parts[base]!} + ${options.alpha ?? 1}*${parts[extra]!}` : parts[base]! };
}

/** Channels first to channels last. */
function channelsLast(values: readonly number[], shape: readonly number[]): tf.Tensor {
  const order = [0, ...shape.slice(2).map((_, i) => i + 2), 1];
  return tf.transpose(tf.tensor([...values], [...shape]), order);
}

/** What segloss says of a golden case: value, terms, and the gradient in the reference's channels-first order. */
export function evaluateCase(file: GoldenFile, golden: GoldenCase, spec: string) {
  const input = file.inputs[golden.input]!;
  const loss: Loss = parseLoss(spec);
  const mode: Mode = golden.mode;
  const ignoreIndex = (golden.options as { ignoreIndex?: number }).ignoreIndex ?? 255;
  return tf.tidy(() => {
    const shape = golden.shapeLogits;
    const logits = channelsLast(input.logits, shape);
    const labels =
      mode === 'multilabel'
        ? channelsLast(input.labels, shape)
        : tf.tensor(input.labels, [shape[0]!, ...shape.slice(2)], 'int32');
    let terms: number[] = [];
    const { value, grad } = tf.valueAndGrad((z) => {
      const { total, terms: each } = loss.evaluate(labels, z, { mode, ignoreIndex });
      terms = Object.values(each).map((term) => term.dataSync()[0]!);
      return total;
    })(logits);
    const order = [0, shape.length - 1, ...shape.slice(2).map((_, i) => i + 1)];
    return { value: value.dataSync()[0]!, terms, gradient: tf.transpose(grad, order).dataSync() };
  });
}
