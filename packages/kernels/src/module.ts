import { RELAXED_KERNELS_BASE64 } from './generated/kernels-relaxed.js';
import { KERNELS_BASE64 } from './generated/kernels.js';
import { type WasmBackend } from './tensors.js';

type Kernel = (...args: number[]) => void;
type Size = (...args: number[]) => number;

/** The functions of assembly/index.ts. */
export interface KernelModule {
  conv2dFilterGradient: Kernel;
  addParts: Kernel;
  conv2dInputGradient: Kernel;
  flipFilter: Kernel;
  swapFilter: Kernel;
  maxPoolGradient: Kernel;
  transformFilter: Kernel;
  winogradConvolution: Kernel;
  winogradFilterGradient: Kernel;
  winogradFilterSum: Kernel;
  winogradBlocks: Size;
  winogradFilterBytes: Size;
  winogradScratch: Size;
  winogradSumBytes: Size;
  columnSum: Kernel;
  centeredProductSum: Kernel;
  convolveRows: Kernel;
  packFilter: Kernel;
  packTransposed: Kernel;
  packedBytes: Size;
  rowScratch: Size;
  adamUpdate: Kernel;
  adamParts: Size;
  columnShifts: Kernel;
  momentSums: Kernel;
  normalizeBatch: Kernel;
  batchNormGradientSums: Kernel;
  batchNormGradient: Kernel;
  reluGradient: Kernel;
  normalizeColumns: Kernel;
  scaleColumns: Kernel;
  copyRows: Kernel;
  partsOfImage: Size;
  addPartsOfImages: Kernel;
  sigmoidSums: Kernel;
  sigmoidGradient: Kernel;
  sigmoidScratch: Size;
  softmaxTargetSums: Kernel;
  softmaxTargetGradient: Kernel;
  softmaxTargetScratch: Size;
  softmaxIndexSums: Kernel;
  softmaxIndexGradient: Kernel;
  softmaxIndexScratch: Size;
  readIndices: Kernel;
  focalElementSums: Kernel;
  focalElementGradient: Kernel;
  focalElementScratch: Size;
  focalSoftmaxSums: Kernel;
  focalSoftmaxGradient: Kernel;
  focalSoftmaxScratch: Size;
  focalIndexSums: Kernel;
  focalIndexGradient: Kernel;
  focalIndexScratch: Size;
  conv3d: Kernel;
  conv3dScratch: Size;
  conv3dFilterGradient: Kernel;
  conv3dInputGradient: Kernel;
  depthwiseFilterGradient: Kernel;
  depthwiseInputGradient: Kernel;
  maxPool3d: Kernel;
  maxPool3dGradient: Kernel;
  averagePool3d: Kernel;
  averagePool3dGradient: Kernel;
  resizeBilinear: Kernel;
  resizeBilinearGradient: Kernel;
  resizeNearest: Kernel;
  resizeNearestGradient: Kernel;
  dilation2d: Kernel;
  dilation2dFilterGradient: Kernel;
  dilation2dInputGradient: Kernel;
}

const instances = new WeakMap<WebAssembly.Memory, KernelModule>();
let compiled: WebAssembly.Module | undefined;

/** Our kernels over the memory of the backend, so that they read and write its tensors in place. */
export function kernelsOf(backend: WasmBackend): KernelModule {
  const { memory } = backend.wasm.asm;
  let kernels = instances.get(memory);
  if (kernels === undefined) {
    compiled ??= new WebAssembly.Module(bestBytes());
    kernels = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as KernelModule;
    instances.set(memory, kernels);
  }
  return kernels;
}

/**
 * Whether this runtime can run the kernels: they need WebAssembly with SIMD.
 *
 * @example
 * ```ts
 * wasmKernelsSupported(); // → true
 * ```
 */
export function wasmKernelsSupported(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(decodeBase64(KERNELS_BASE64));
}

/** With fused multiply-adds where the runtime has relaxed SIMD (V8 from Node 22 on): a tenth to a fifth faster. */
function bestBytes(): Uint8Array<ArrayBuffer> {
  const relaxed = decodeBase64(RELAXED_KERNELS_BASE64);
  return WebAssembly.validate(relaxed) ? relaxed : decodeBase64(KERNELS_BASE64);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
