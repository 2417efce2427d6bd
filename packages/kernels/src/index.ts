export { wasmKernelsSupported } from './module.js';
export { registerWasmKernels, wasmKernelNames } from './register.js';
export { registerCpuKernels } from './register-cpu.js';
export { registerMissingGradients } from './core-gradients.js';
export { setWasmThreads, wasmThreads } from './threads.js';
export { batchNormOfBatch, type BatchNormOfBatch } from './batch-norm-training.js';
export { adam, adamStep } from './adam.js';
export { type AdamAttributes } from './adam-kernel.js';
export { registerWebGPUKernels, webgpuKernelNames } from './wgsl/register.js';
