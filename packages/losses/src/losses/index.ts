// Each line registers a loss: specs, help, tables, contract tests and the benchmark read this list.
export { crossEntropy, crossEntropyLoss, type CrossEntropyOptions } from './cross-entropy.js';
export {
  binaryCrossEntropy,
  binaryCrossEntropyLoss,
  type BinaryCrossEntropyOptions,
} from './binary-cross-entropy.js';
export { focal, focalLoss, type FocalOptions } from './focal.js';
export { dice, diceLoss } from './dice.js';
export { logDice, logDiceLoss } from './log-dice.js';
export { marginalL1, marginalL1Loss, type MarginalL1Options } from './marginal-l1.js';
export { marginalKl, marginalKlLoss, type MarginalKlOptions } from './marginal-kl.js';
export { diceBias, diceBiasLoss, type DiceBiasOptions } from './dice-bias.js';
export { logCoshDice, logCoshDiceLoss, type LogCoshDiceOptions } from './log-cosh-dice.js';
export { jaccard, jaccardLoss, type JaccardOptions } from './jaccard.js';
export { tversky, tverskyLoss, type TverskyOptions } from './tversky.js';
export { focalTversky, focalTverskyLoss, type FocalTverskyOptions } from './focal-tversky.js';
export { gdice, generalizedDiceLoss } from './gdice.js';
export {
  penaltyGdice,
  penaltyGeneralizedDiceLoss,
  type PenaltyGeneralizedDiceOptions,
} from './penalty-gdice.js';
export { mcc, mccLoss, type MccOptions } from './mcc.js';
export {
  sensitivitySpecificity,
  sensitivitySpecificityLoss,
  type SensitivitySpecificityOptions,
} from './sensitivity-specificity.js';
export { lovasz, lovaszLoss, type LovaszOptions } from './lovasz.js';
export { noiseRobustDice, noiseRobustDiceLoss, type NoiseRobustDiceOptions } from './noise-robust-dice.js';
export { marginalL2, marginalL2Loss, type MarginalL2Options } from './marginal-l2.js';
export { marginalReverseKl, marginalReverseKlLoss } from './marginal-reverse-kl.js';
export { marginalJs, marginalJsLoss } from './marginal-js.js';
export { sizeBounds, sizeBoundsLoss, type SizeBoundsOptions } from './size-bounds.js';
