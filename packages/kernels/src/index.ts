export { setRelaxedSimd, wasmKernelsSupported } from './wasm/memory/module.js';
export { registerWasmKernels, wasmKernelNames } from './wasm/register.js';
export { registerCpuKernels } from './cpu/register.js';
export { registerMissingGradients } from './gradients/missing.js';
export { setWasmThreads, wasmThreads } from './wasm/threads/threads.js';
export { batchNormOfBatch, type BatchNormOfBatch } from './operations/batch-norm-of-batch.js';
export { adam, adamStep } from './operations/adam.js';
export { type AdamAttributes } from './wasm/elements/adam.js';
export { registerWebGPUKernels, webgpuKernelNames } from './webgpu/register.js';
