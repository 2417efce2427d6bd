import { registerLayers } from '../../models/src/layers/register-layers.js';

registerLayers();

export { backendErrors, releaseBackend } from './backend/device.js';
export { selectBackend } from './backend/select-backend.js';
export type {
  BackendChoice,
  BackendFacts,
  BackendName,
  BackendOptions,
  BackendTrial,
} from './backend/types.js';
export { doctor, type BackendDiagnosis, type DoctorOptions, type DoctorReport } from './doctor/doctor.js';
export {
  setupNative,
  SetupError,
  type SetupOptions,
  type SetupProgress,
} from './setup-native/install.js';
export { ConfigError, type ConfigIssue } from './config/config-error.js';
export { configJsonSchema } from './config/json-schema.js';
export { configKeys, type ConfigKey } from './config/keys.js';
export { loadConfig, parseConfig, type LoadConfigOptions, type LoadedConfig } from './config/load-config.js';
export { presets } from './config/presets.js';
export { runId } from './config/run-id.js';
export { type RunConfig } from './config/schema.js';
export { configToYaml } from './config/to-yaml.js';
export { evaluate, type EvaluateOptions, type Evaluation } from './loop/evaluate.js';
export * from '../../models/src/index.js';
export { writeCsv } from './logs/csv.js';
export {
  loadLoggers,
  type LoadLoggersOptions,
  type LoggedRun,
  type Logger,
  type Loggers,
} from './logs/loggers.js';
export { type Marginals, type MetricsHead, type MetricsLine } from './logs/metrics-line.js';
export { MetricsLog, readMetrics, type Metrics } from './logs/metrics-log.js';
export { writeTensorboard } from './logs/tensorboard/write-tensorboard.js';
export { unet, type UnetOptions } from '../../models/src/networks/unet.js';
export { predict, type Prediction } from './loop/predict.js';
export { predictSliding, type SlidingWindowOptions } from './loop/sliding-window.js';
export { CheckpointError } from './checkpoint/store.js';
export { DivergedError } from './loop/diverged.js';
export {
  learningRateSchedule,
  type LearningRateSchedule,
  type Progress,
  type ScheduleOptions,
  type Warmup,
} from './loop/learning-rate.js';
export {
  createOptimizer,
  type AdamOptions,
  type AdamwOptions,
  type Optimizer,
  type OptimizerName,
  type OptimizerOptions,
  type SgdOptions,
} from './loop/optimizers/index.js';
export { type GradientOptions } from './loop/gradients.js';
export { type TrainingItem } from './loop/batches.js';
export {
  train,
  type CheckpointOptions,
  type EarlyStopping,
  type EpochReport,
  type Monitor,
  type StepReport,
  type TrainOptions,
} from './loop/train.js';
export { weightsHash } from './weights.js';
export { ModuleError, type ModuleSource } from './modules/load-module.js';
export { resolveLoss, type ResolvedLoss } from './modules/loss-module.js';
export { exportModel, loadExportedModel } from './run/export-model.js';
export { openRun, type OpenRun, type OpenRunOptions } from './run/open-run.js';
export { predictFolder, type FolderPredictions, type PredictFolderOptions } from './run/predict-folder.js';
export { type PredictImageOptions } from './run/predict-image.js';
export { RunError, type RunStatus } from './run/run-folder.js';
export {
  runTraining,
  type RunListener,
  type RunOptions,
  type RunStart,
  type RunSummary,
} from './run/run-training.js';
export { testRun, type TestReport, type TestRunOptions } from './run/test-run.js';
