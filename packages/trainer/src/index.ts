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
} from './setup-native/setup-native.js';
export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.js';
export { unet, type UnetOptions } from './models/unet.js';
export { predict, type Prediction } from './predict.js';
export { DivergedError, train, type EpochReport, type StepReport, type TrainOptions } from './train.js';
export { weightsHash } from './weights.js';
