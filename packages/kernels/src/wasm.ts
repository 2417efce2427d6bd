// Importing this registers the kernels: import '@segloss/kernels/wasm'.
import '@tensorflow/tfjs-backend-wasm';

import { registerWasmKernels } from './wasm/register.js';

registerWasmKernels();

export { registerWasmKernels };
