// The training loop, without any import of Node: what a page trains with. Checkpoints go to a store that the caller gives.
export { findAdapter, type GpuAdapter, type GpuSource } from './loop/adapter.js';
export { type TrainingItem } from './loop/batches.js';
export {
  CheckpointError,
  type CheckpointContent,
  type CheckpointStore,
  type CheckpointTensor,
} from './loop/checkpoint.js';
export { backendErrors } from './loop/device.js';
export { DivergedError } from './loop/diverged.js';
export { evaluate, type CaseEvaluation, type EvaluateOptions, type Evaluation } from './loop/evaluate.js';
export { type GradientOptions } from './loop/gradients.js';
export {
  learningRateSchedule,
  type LearningRateSchedule,
  type Progress,
  type ScheduleOptions,
  type Warmup,
} from './loop/learning-rate.js';
export { monitoredValue, type MonitoredMetric } from './loop/monitor.js';
export {
  createOptimizer,
  type AdamOptions,
  type AdamwOptions,
  type Optimizer,
  type OptimizerName,
  type OptimizerOptions,
  type SgdOptions,
} from './loop/optimizers/index.js';
export { type Prediction } from './loop/classify.js';
export { predict } from './loop/predict.js';
export { CLASS_COLORS, colorOf } from './run/class-colors.js';
export { predictImage, type PredictImageOptions, type Predictor } from './run/predict-image.js';
export { predictSliding, predictSlidingLabels, type SlidingWindowOptions } from './loop/sliding-window.js';
export {
  type CheckpointOptions,
  type EarlyStopping,
  type EpochReport,
  type Monitor,
  type NoteSubject,
  type StepReport,
  type TrainOptimizer,
  type TrainOptions,
} from './loop/train-options.js';
export { train } from './loop/train.js';
