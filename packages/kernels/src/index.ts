export { wasmKernelsSupported } from './module.js';
export { registerWasmKernels, wasmKernelNames } from './register.js';
