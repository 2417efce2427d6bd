export * from './losses/index.js';
export {
  type AbsentClass,
  type DiceOptions,
  type RegionMeanOptions,
  type RegionScoreOptions,
} from './families/region-score.js';
export { type GeneralizedDiceScoreOptions } from './families/generalized-dice-score.js';
export { type ShapeClassOptions, type SpacingOption } from './pixels/spatial.js';
export { distanceTransform, signedDistanceMap, type Spacing } from '@segloss/geometry';
export { type ClassChoice } from './options/classes.js';
export { type Aggregation, type AggregationOption } from './options/aggregation.js';
export { type MarginalOptions, type TemperatureOption } from './families/marginals.js';
export { withRegionSize, type RegionSizeKind, type RegionSizeOptions } from './with-region-size.js';
export {
  gradientSurgery,
  lossWrappers,
  perComponent,
  type GradientSurgeryOptions,
  type LossWrapper,
  type PerComponentOptions,
} from './wrappers/index.js';
export { compound, term, type WeightedLoss } from './compound.js';
export {
  deepSupervision,
  type DeepSupervisionLoss,
  type DeepSupervisionOptions,
} from './deep-supervision.js';
export { defineLoss, type LossFunction } from './define.js';
export { weightAt } from './plan.js';
export { pixelSum } from './math.js';
export {
  FOCAL_SUMS_GRADIENT_KERNEL,
  FOCAL_SUMS_KERNEL,
  LABEL_COSTS_GRADIENT_KERNEL,
  LABEL_COSTS_KERNEL,
  LABEL_LIKELIHOOD_GRADIENT_KERNEL,
  LABEL_LIKELIHOOD_KERNEL,
  LOVASZ_WEIGHTS_KERNEL,
  PIXEL_SUM_KERNEL,
  PROBABILITIES_GRADIENT_KERNEL,
  PROBABILITIES_KERNEL,
  READ_INDICES_KERNEL,
  READ_UNIT_LABELS_KERNEL,
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  SOFTMAX_STATISTICS,
  STATISTIC_TABLE,
  STATISTICS,
  VALUES_AT_RANKS_KERNEL,
  type FocalKernelAttributes,
  type Formula as StatisticFormula,
  type LabelCost,
  type LabelCostAttributes,
  type LabelKernelAttributes,
  type RegionKernelAttributes,
  type Statistic,
  type Variable as StatisticVariable,
} from './statistics/contract.js';
export { forLayers, type LayersLoss } from './layers.js';
export { regionStatistics, type RegionStatisticsOptions } from './statistics/region.js';
export { lossNames, lossRegistry, type LossName, type SizeRegularizers } from './registry.js';
export { DEFAULT_IGNORE_INDEX } from './inputs/ignored.js';
export {
  geometric,
  linear,
  schedules,
  type GeometricOptions,
  type LinearOptions,
  type NamedSchedule,
} from './schedules.js';
export {
  lossPresets,
  LossSpecError,
  parseLoss,
  type LossPresetName,
  type LossSpec,
  type ParseLossOptions,
} from './spec.js';
export { checkKeys } from '@segloss/common';
export type {
  Activation,
  GradientCheck,
  InputOptions,
  Library,
  Loss,
  LossCall,
  LossContext,
  LossDefinition,
  LossFactory,
  Mode,
  PixelInputs,
  PixelLossDefinition,
  PresetOption,
  RegionLossDefinition,
  RegionStatistics,
  Schedule,
  SizeRegularizer,
  StatisticName,
  Term,
  Weight,
} from './types.js';
