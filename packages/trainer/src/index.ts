import { registerLayers } from './models/register-layers.js';

registerLayers();

export { selectBackend, type BackendChoice, type BackendName, type BackendTrial } from './backend.js';
export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.js';
export * from './models/index.js';
export { predict, type Prediction } from './predict.js';
export { DivergedError, train, type EpochReport, type StepReport, type TrainOptions } from './train.js';
export { weightsHash } from './weights.js';
