import { wasmArrays } from '../../cpu/arrays.js';
import { composedFilterGradient, plainMaxPoolGrad } from './composed.js';
import { plainKernels } from '../../cpu/plain/kernels.js';
import { unsortedSegmentSum } from '../elements/segment-sum.js';

/** What the wasm backend gets where WebAssembly has no SIMD: enough to train with right gradients. */
export const ADDED_WITHOUT_SIMD = [
  composedFilterGradient,
  unsortedSegmentSum,
  ...plainKernels('wasm', wasmArrays),
];

/** What replaces a kernel that tfjs has. */
export const OVERRIDES_WITHOUT_SIMD = { MaxPoolGrad: () => plainMaxPoolGrad };

let said = false;

/** Says once what is missing and what serves instead. */
export function sayWithoutSimd(): void {
  if (said) return;
  said = true;
  console.warn(
    '@segloss/kernels: this runtime has no WebAssembly SIMD; plain loops and composed operations serve instead, several times slower',
  );
}
