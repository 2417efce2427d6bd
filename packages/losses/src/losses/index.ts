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
export { generalizedDice, generalizedDiceLoss, type GeneralizedDiceOptions } from './generalized-dice.js';
export {
  penaltyGeneralizedDice,
  penaltyGeneralizedDiceLoss,
  type PenaltyGeneralizedDiceOptions,
} from './penalty-generalized-dice.js';
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
export { relativeL1, relativeL1Loss, type RelativeL1Options } from './relative-l1.js';
export { sizeBounds, sizeBoundsLoss, type SizeBoundsOptions } from './size-bounds.js';
export {
  topKCrossEntropy,
  topKCrossEntropyLoss,
  type TopKCrossEntropyOptions,
} from './top-k-cross-entropy.js';
export {
  thresholdCrossEntropy,
  thresholdCrossEntropyLoss,
  type ThresholdCrossEntropyOptions,
} from './threshold-cross-entropy.js';
export {
  ohemCrossEntropy,
  ohemCrossEntropyLoss,
  type OhemCrossEntropyOptions,
} from './ohem-cross-entropy.js';
export {
  generalizedCrossEntropy,
  generalizedCrossEntropyLoss,
  type GeneralizedCrossEntropyOptions,
} from './generalized-cross-entropy.js';
export {
  clippedCrossEntropy,
  clippedCrossEntropyLoss,
  type ClippedCrossEntropyOptions,
} from './clipped-cross-entropy.js';
export { poly, polyLoss, type PolyOptions } from './poly.js';
export {
  balancedCrossEntropy,
  balancedCrossEntropyLoss,
  type BalancedCrossEntropyOptions,
} from './balanced-cross-entropy.js';
export {
  recallCrossEntropy,
  recallCrossEntropyLoss,
  type RecallCrossEntropyOptions,
} from './recall-cross-entropy.js';
export {
  tiltedCrossEntropy,
  tiltedCrossEntropyLoss,
  type TiltedCrossEntropyOptions,
} from './tilted-cross-entropy.js';
export { distanceCrossEntropy, distanceCrossEntropyLoss } from './distance-cross-entropy.js';
export { asymmetricFocal, asymmetricFocalLoss, type AsymmetricFocalOptions } from './asymmetric-focal.js';
export { nacl, naclLoss, type NaclOptions } from './nacl.js';
export {
  marginBasedLabelSmoothing,
  marginBasedLabelSmoothingLoss,
  type MarginBasedLabelSmoothingOptions,
} from './margin-based-label-smoothing.js';
export {
  averageCalibrationError,
  averageCalibrationErrorLoss,
  type AverageCalibrationErrorOptions,
} from './average-calibration-error.js';
export { dicePlusPlus, dicePlusPlusLoss, type DicePlusPlusOptions } from './dice-plus-plus.js';
export { tVmfDice, tVmfDiceLoss, type TVmfDiceOptions } from './t-vmf-dice.js';
export { klDivergence, klDivergenceLoss, type KlDivergenceOptions } from './kl-divergence.js';
export { fBeta, fBetaLoss, type FBetaOptions } from './f-beta.js';
export {
  asymmetricFocalTversky,
  asymmetricFocalTverskyLoss,
  type AsymmetricFocalTverskyOptions,
} from './asymmetric-focal-tversky.js';
export { wassersteinDice, wassersteinDiceLoss, type WassersteinDiceOptions } from './wasserstein-dice.js';
export { distanceDice, distanceDiceLoss, type DistanceDiceOptions } from './distance-dice.js';
export { clDice, clDiceLoss, type ClDiceOptions } from './cl-dice.js';
export { cbDice, cbDiceLoss, type CbDiceOptions } from './cb-dice.js';
export { skeletonRecall, skeletonRecallLoss, type SkeletonRecallOptions } from './skeleton-recall.js';
export { expLog, expLogLoss, type ExpLogOptions } from './exp-log.js';
export { boundary, boundaryLoss, type BoundaryOptions } from './boundary.js';
export { regionWise, regionWiseLoss, type RegionWiseOptions } from './region-wise.js';
export { boundaryDou, boundaryDouLoss, type BoundaryDouOptions } from './boundary-dou.js';
export { hausdorffDt, hausdorffDtLoss, type HausdorffDtOptions } from './hausdorff-dt.js';
export { hausdorffErosion, hausdorffErosionLoss, type HausdorffErosionOptions } from './hausdorff-erosion.js';
export { activeContour, activeContourLoss, type ActiveContourOptions } from './active-contour.js';
export { perimeter, perimeterLoss } from './perimeter.js';
