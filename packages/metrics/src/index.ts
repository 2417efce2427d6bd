export { distanceTransform, type Spacing } from '@segloss/geometry';
export { boundaryIou, type BoundaryIouOptions } from './boundary-iou.js';
export {
  brierScore,
  calibrationError,
  negativeLogLikelihood,
  reliabilityDiagram,
  type CalibrationOptions,
  type ReliabilityBin,
} from './calibration.js';
export { Reliability, type ClassReliability, type ReliabilityOptions } from './reliability.js';
export { fitTemperature, scaleTemperature, type FittedTemperature } from './temperature.js';
export { ccDice, type ComponentDice } from './components/cc-dice.js';
export {
  lesionCase,
  type LesionCase,
  type LesionCaseOptions,
  type LesionOptions,
} from './components/lesion-case.js';
export {
  lesionScores,
  panopticQuality,
  type LesionScoreOptions,
  type LesionScores,
  type PanopticQuality,
} from './components/lesion-scores.js';
export {
  BRATS,
  lesionWiseScores,
  type BratsChallenge,
  type LesionWiseOptions,
  type LesionWiseScore,
  type LesionWiseScores,
} from './components/lesion-wise.js';
export { summarizeLesions, type LesionSizeBin, type LesionSummary } from './components/summarize-lesions.js';
export {
  matchComponents,
  type ComponentMatch,
  type ComponentOptions,
  type ComponentPair,
} from './components/match.js';
export { classCounts, ConfusionMatrix, type ClassCounts } from './confusion.js';
export { bestDiceSize, type BestDice, type BestDiceOptions } from './decode/best-dice.js';
export { decode, type DecodeOptions, type DecodePolicy } from './decode/decode.js';
export { type EmptyRule, type EmptyValue } from './empty.js';
export { joinCases } from './cases/join-cases.js';
export { scoreCase } from './cases/score-case.js';
export {
  summarizeCases,
  type CasesSummary,
  type ClassSummary,
  type ForegroundMean,
  type MarginalError,
  type MarginalScore,
  type SummarizeCasesOptions,
} from './cases/summarize-cases.js';
export { type CaseScore, type ClassScore, type ScoreCaseOptions } from './cases/types.js';
export { hausdorffDistance, hd95, type HausdorffOptions } from './hausdorff.js';
export {
  balancedAccuracy,
  diceScores,
  fBetaScores,
  iouScores,
  matthewsCorrelations,
  meanScore,
  pixelAccuracy,
  precisionScores,
  recallScores,
  specificityScores,
  volumeSimilarities,
} from './overlap.js';
export {
  labelMarginalError,
  labelMarginals,
  regionSizeBins,
  regionSizeErrors,
  regionSizes,
  softMarginals,
  type RegionSize,
  type RegionSizeBin,
  type RegionSizeError,
} from './region-size.js';
export { type RegionOptions } from './regions.js';
export * from './size-bias/index.js';
export { summarizeScores, type CaseMean, type ScoreSummary } from './score-summary.js';
export {
  averageSurfaceDistance,
  surfaceDice,
  surfaceOverlap,
  type AverageSurfaceDistanceOptions,
  type SurfaceDiceOptions,
} from './surface-agreement.js';
export {
  surfaceDistances,
  type DirectedDistances,
  type EmptyOption,
  type SurfaceDistances,
  type SurfaceOptions,
} from './surface-distances.js';
