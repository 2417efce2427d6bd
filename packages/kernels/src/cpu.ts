// Importing this registers the kernels: import '@segloss/kernels/cpu'.
import '@tensorflow/tfjs-backend-cpu';

import { registerCpuKernels } from './cpu/register.js';

registerCpuKernels();

export { registerCpuKernels };
