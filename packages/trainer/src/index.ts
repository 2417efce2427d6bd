export { releaseBackend } from './backend/release.js';
export { selectBackend } from './backend/select-backend.js';
export { BACKEND_NAMES } from './backend/types.js';
export type {
  BackendChoice,
  BackendFacts,
  BackendName,
  BackendOptions,
  BackendTrial,
} from './backend/types.js';
export { doctor, type BackendDiagnosis, type DoctorOptions, type DoctorReport } from './doctor/doctor.js';
export { ConfigError, type ConfigIssue } from './config/config-error.js';
export { configJsonSchema } from './config/json-schema.js';
export {
  configTemplate,
  type ConfigTemplate,
  type ConfigTemplateOptions,
  type TemplateValue,
} from './config/template.js';
export { configKeys, type ConfigKey } from './config/keys.js';
export { loadConfig, parseConfig, type LoadConfigOptions, type LoadedConfig } from './config/load-config.js';
export { presets } from './config/presets.js';
export { runId } from './config/run-id.js';
export { type RunConfig } from './config/schema.js';
export { configToYaml } from './config/to-yaml.js';
export * from '@segloss/models';
export * from './loop.js';
export { train, type CheckpointFolder, type TrainOptions } from './train.js';
export { folderStore } from './checkpoint/folder-store.js';
export { writeCsv } from './logs/csv.js';
export { type LoggedRun, type Logger } from './logs/logger.js';
export { loadLoggers, type LoadLoggersOptions, type Loggers } from './logs/loggers.js';
export { type Marginals, type MetricsHead, type MetricsLine } from './logs/metrics-line.js';
export { fromJson, toJson } from './logs/json.js';
export { MetricsLog, readMetrics, type Metrics } from './logs/metrics-log.js';
export { writeTensorboard } from './logs/tensorboard/write-tensorboard.js';
export { weightsHash } from './weights.js';
export { HubError, type HubErrorCode } from './hub/hub-error.js';
export { describeModule, type ModuleConsent } from './modules/consent.js';
export { ModuleError } from './modules/module-error.js';
export { type HashedFile, type ModuleSource } from './modules/module-source.js';
export { loadModelModule, type ModelModule } from './modules/model-module.js';
export { resolveLoss, type ResolvedLoss } from './modules/loss-module.js';
export { machineEnvironment, type MachineEnvironment } from './run/environment.js';
export { toOnnx } from './onnx/to-onnx.js';
export { stillImproving, type Unfinished } from './run/convergence.js';
export { exportNotes, type ExportNotes } from './run/export-notes.js';
export { exportOnnx } from './run/export-onnx.js';
export { exportModel, loadExportedModel, type ExportModelOptions } from './run/export-model.js';
export { exportDifference, type ExportDifference } from './run/export-difference.js';
export { QUANTIZATIONS, type Quantization } from './run/quantize.js';
export { calibrateRun } from './run/calibrate-run.js';
export { type RunCalibration } from './run/run-calibration.js';
export { openRun, type OpenRun, type OpenRunOptions } from './run/open-run.js';
export { OutputError, OutputFolder, type OutputOptions } from './run/output-folder.js';
export { decodeLabels, type DecodedCase, type Decoding } from './run/decode-labels.js';
export { overlayPng } from './run/label-pictures.js';
export { predictFolder, type FolderPredictions, type PredictFolderOptions } from './run/predict-folder.js';
export { RunError, type RunErrorCode } from './run/run-error.js';
export { putRunAside, type RunStatus } from './run/run-folder.js';
export {
  EVENT_SCHEMA_VERSION,
  parseEvent,
  serializeEvent,
  type EpochEvent,
  type NoteEvent,
  type RunEndEvent,
  type RunEvent,
  type RunStartEvent,
  type StepEvent,
} from './run/events.js';
export { packBytes, readExamples, unpackBytes, type ExampleImage, type RunExamples } from './run/examples.js';
export { logFinished, type FinishedRun } from './run/log-finished.js';
export {
  planRun,
  runState,
  type OpenedImages,
  type PlanOptions,
  type RunPlan,
  type RunState,
} from './run/plan-run.js';
export { type RunImages } from './run/run-data.js';
export { readTime, type RunTime } from './run/run-time.js';
export { runTraining, type RunOptions } from './run/run-training.js';
export { readScores, type RunScores, type WeightScores } from './run/scores.js';
export { type RunSummary } from './run/summary.js';
export { type VolumeScores } from './run/volume-scores.js';
export { testRun, type DecodedScores, type TestReport, type TestRunOptions } from './run/test-run.js';
