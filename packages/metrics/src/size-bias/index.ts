export { analyzeRegionSizes, type RegionSizeAnalysisOptions } from './analyze.js';
export {
  compareRegionSizes,
  type ClassDifference,
  type Difference,
  type RegionSizeComparison,
} from './compare.js';
export type {
  BootstrapOptions,
  ClassSizeAnalysis,
  Interval,
  MarginalDistances,
  ProportionCase,
  RegionSizeAnalysis,
  SizeBin,
  SizeDriver,
  SizeStatistics,
} from './types.js';
export { sizeSpread, type SizeSpread } from './spread.js';
