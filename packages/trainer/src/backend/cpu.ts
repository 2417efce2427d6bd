import { type Candidate } from './types.js';

export const cpu: Candidate = {
  name: 'cpu',
  remedy: 'npm install @tensorflow/tfjs-backend-cpu',

  async load() {
    await import('@segloss/kernels/cpu');
  },

  merit: () => ({ reason: 'plain JavaScript works everywhere, slowly' }),
};
