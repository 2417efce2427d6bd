// The backends side by side: a training step of the large U-Net of training.mjs on wasm and tensorflow (where it works here), with one
// and two threads, and in PyTorch.
import { CASES, compare } from './training.mjs';

const contenders = ['kernels', 'kernels2', 'tensorflow1', 'tensorflow2', 'torch1', 'torch2'];
const large = CASES.filter(({ name }) => name.startsWith('large'));

export const main = (args) =>
  compare(
    'backends',
    large.map((one) => ({ ...one, contenders })),
    args,
  );
