export {
  decomposeCrossEntropy,
  decomposeLogDice,
  type CrossEntropyParts,
  type DecompositionOptions,
  type LogDiceParts,
} from './decompose.js';
export { marginalForce, type LossLike } from './marginal-force.js';
export { marginals, type MarginalOptions } from './marginals.js';
export {
  entropy,
  jensenBound,
  klDivergence,
  l1Distance,
  logTverskyParts,
  pinskerBound,
  reverseBound,
  tverskyScore,
  type Bound,
} from './numbers.js';
export { marginalPenalties, type MarginalPenalty } from './penalties.js';
export { penaltyCurve, type PenaltyCurve, type PenaltyCurveOptions } from './penalty-curve.js';
export type {
  Equilibrium,
  Finding,
  LossProfile,
  LossProfileOptions,
  Measured,
  Minimizer,
  PosteriorResult,
  ProfileCurve,
  ProfileFamily,
  SimplexMap,
  Triple,
} from './profile/types.js';
