export { selectBackend, type BackendChoice, type BackendName, type BackendTrial } from './backend.js';
export { ConfigError, type ConfigIssue } from './config/config-error.js';
export { configJsonSchema } from './config/json-schema.js';
export { configKeys, type ConfigKey } from './config/keys.js';
export { loadConfig, parseConfig, type LoadConfigOptions, type LoadedConfig } from './config/load-config.js';
export { presets } from './config/presets.js';
export { runId } from './config/run-id.js';
export { type RunConfig } from './config/schema.js';
export { configToYaml } from './config/to-yaml.js';
export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.js';
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
export { unet, type UnetOptions } from './models/unet.js';
export { predict, type Prediction } from './predict.js';
export { DivergedError, train, type EpochReport, type StepReport, type TrainOptions } from './train.js';
export { weightsHash } from './weights.js';
