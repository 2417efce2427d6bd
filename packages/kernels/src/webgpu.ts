// Importing this registers the kernels: import '@segloss/kernels/webgpu'.
import '@tensorflow/tfjs-backend-webgpu';

import { registerWebGPUKernels } from './webgpu/register.js';

registerWebGPUKernels();

export { registerWebGPUKernels };
