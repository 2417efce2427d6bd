// What every backend can use, without the wasm kernels: import from '@segloss/kernels/gradients' to keep them out of a bundle.
export { registerMissingGradients } from './gradients/missing.js';
export { batchNormOfBatch, type BatchNormOfBatch } from './operations/batch-norm-of-batch.js';
