export {
  decomposeCrossEntropy,
  decomposeLogDice,
  decomposeLogTversky,
  type CrossEntropyParts,
  type DecompositionOptions,
  type LogDiceParts,
  type LogTverskyOptions,
  type LogTverskyParts,
} from './decompose.js';
export {
  crossEntropyForce,
  focalForce,
  linearForce,
  penaltyForce,
  softmaxCovariance,
  tverskyForce,
} from './forces.js';
export {
  conditionalEntropy,
  generativeMatching,
  groundTruthMatching,
  marginalCrossEntropy,
  mutualInformation,
} from './information.js';
export { regionQuantities, type RegionQuantities, type RegionQuantitiesOptions } from './quantities.js';
export { simplexPenalties, type SimplexPenalty, type SimplexPenaltyOptions } from './simplex-penalties.js';
export { marginalForce, type LossLike } from './marginal-force.js';
export { marginals, type MarginalOptions } from './marginals.js';
export {
  entropy,
  jensenBound,
  klDivergence,
  l1Distance,
  logJaccardParts,
  logTverskyParts,
  pinskerBound,
  reverseBound,
  tverskyScore,
  type Bound,
} from './numbers.js';
export { marginalPenalties, type MarginalPenalty } from './penalties.js';
export { penaltyCurve, type PenaltyCurve, type PenaltyCurveOptions } from './penalty-curve.js';
export { lossProfile } from './profile/loss-profile.js';
export type {
  Equilibrium,
  Finding,
  LossProfile,
  LossProfileOptions,
  Measured,
  Minimizer,
  PosteriorName,
  PosteriorResult,
  ProfileCurve,
  ProfileFamily,
  SimplexMap,
  Triple,
} from './profile/types.js';
