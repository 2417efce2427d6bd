export { wasmKernelsSupported } from './module.js';
export { registerWasmKernels, wasmKernelNames } from './register.js';
export { batchNormOfBatch, type BatchNormOfBatch } from './batch-norm-training.js';
export { registerWebGPUKernels, webgpuKernelNames } from './wgsl/register.js';
