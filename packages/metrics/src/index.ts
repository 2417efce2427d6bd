export { classCounts, ConfusionMatrix, type ClassCounts } from './confusion.js';
export { distanceTransform, type Spacing } from '@segloss/geometry';
export {
  diceScores,
  iouScores,
  meanScore,
  pixelAccuracy,
  precisionScores,
  recallScores,
  specificityScores,
} from './overlap.js';
export { labelMarginalError, regionSizeErrors, type RegionSizeError } from './region-size.js';
export {
  averageSurfaceDistance,
  hausdorffDistance,
  hd95,
  type EmptyRule,
  type HausdorffOptions,
  type SurfaceOptions,
} from './surface-distance.js';
