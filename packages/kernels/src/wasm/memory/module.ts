import { RELAXED_KERNELS_BASE64 } from '../../generated/kernels-relaxed.js';
import { KERNELS_BASE64 } from '../../generated/kernels.js';
import { isShared, withSharedMemory } from './shared-memory.js';
import { guardAllocator, memoryOf, type WasmBackend } from './tensors.js';

type Kernel = (...args: number[]) => void;
type Size = (...args: number[]) => number;

/** The functions of assembly/index.ts. */
export interface KernelModule {
  conv2dFilterGradient: Kernel;
  addParts: Kernel;
  swapFilter: Kernel;
  averagePool: Kernel;
  averagePoolGradient: Kernel;
  maxPool: Kernel;
  maxPoolGradient: Kernel;
  transformFilters: Kernel;
  filterScratch: Size;
  winogradConvolution: Kernel;
  winogradOutputs: Kernel;
  winogradOutputParts: Size;
  winogradOutputScratch: Size;
  winogradTiles: Kernel;
  winogradTileScratch: Size;
  winogradPlanesBytes: Size;
  winogradFilterGradient: Kernel;
  winogradFilterGradientByInputs: Kernel;
  winogradFilterSum: Kernel;
  winogradInputParts: Size;
  winogradInputScratch: Size;
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
  reluGradientParts: Size;
  normalizeColumns: Kernel;
  scaleColumns: Kernel;
  copyRows: Kernel;
  copyParts: Size;
  addElements: Kernel;
  clipElements: Kernel;
  compareElements: Kernel;
  expElements: Kernel;
  selectElements: Kernel;
  pointwiseParts: Size;
  tileRows: Kernel;
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
  exponentialsSuffice: Size;
  labelLikelihoodSums: Kernel;
  labelLikelihoodGradient: Kernel;
  labelLikelihoodScratch: Size;
  readIndices: Kernel;
  readUnitLabels: Kernel;
  valuesAtRanks: Kernel;
  probabilities: Kernel;
  probabilitiesGradient: Kernel;
  probabilitiesScratch: Size;
  pixelSums: Kernel;
  lovaszWeights: Kernel;
  focalElementSums: Kernel;
  focalElementGradient: Kernel;
  focalElementScratch: Size;
  focalSoftmaxSums: Kernel;
  focalSoftmaxGradient: Kernel;
  focalSoftmaxScratch: Size;
  labelCostSums: Kernel;
  labelCostGradient: Kernel;
  labelCostScratch: Size;
  focalIndexSums: Kernel;
  focalIndexGradient: Kernel;
  focalIndexScratch: Size;
  conv3d: Kernel;
  conv3dScratch: Size;
  conv3dFilterGradient: Kernel;
  conv3dInputGradient: Kernel;
  depthwiseFilterGradient: Kernel;
  depthwiseInputGradient: Kernel;
  resizeBilinear: Kernel;
  resizeBilinearGradient: Kernel;
  resizeNearest: Kernel;
  resizeNearestGradient: Kernel;
  dilation2d: Kernel;
  dilation2dFilterGradient: Kernel;
  dilation2dInputGradient: Kernel;
}

const instances = new WeakMap<WebAssembly.Memory, KernelModule>();
/** The module for a memory that threads share, and that for one of a single thread. */
const compiled = new Map<boolean, WebAssembly.Module>();

/** Our kernels over the memory of the backend, so that they read and write its tensors in place. */
export function kernelsOf(backend: WasmBackend): KernelModule {
  const memory = memoryOf(backend);
  let kernels = instances.get(memory);
  if (kernels === undefined) {
    guardAllocator(backend);
    const module = moduleFor(memory);
    kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelModule;
    instances.set(memory, kernels);
  }
  return kernels;
}

/** Our kernels, compiled to be instantiated over such a memory. */
export function moduleFor(memory: WebAssembly.Memory): WebAssembly.Module {
  const shared = isShared(memory);
  let module = compiled.get(shared);
  if (module === undefined) {
    const bytes = bestBytes();
    module = new WebAssembly.Module(shared ? withSharedMemory(bytes)! : bytes);
    compiled.set(shared, module);
  }
  return module;
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

let relaxedAllowed = true;

/**
 * Says whether the kernels may use relaxed SIMD, whose multiply-adds round once: a tenth to a fifth faster, where the runtime has it (default).
 * Without it the same training gives bit-identical weights in every runtime: in Node 20, later ones and browsers. Call it before the wasm
 * backend starts.
 *
 * @throws {TypeError} If `allowed` is not true or false.
 *
 * @example
 * ```ts
 * setRelaxedSimd(false);
 * setRelaxedSimd(true);
 * wasmKernelsSupported(); // → true
 * ```
 */
export function setRelaxedSimd(allowed: boolean): void {
  if (typeof allowed !== 'boolean') {
    throw new TypeError(`setRelaxedSimd: wanted true or false, got ${String(allowed)}`);
  }
  if (allowed !== relaxedAllowed) compiled.clear();
  relaxedAllowed = allowed;
}

let said = false;

/** Says once what is missing and what serves instead. */
export function sayWithoutSimd(): void {
  if (said) return;
  said = true;
  console.warn(
    '@segloss/kernels: this runtime has no WebAssembly SIMD; plain loops and composed operations serve instead, several times slower',
  );
}

/** With fused multiply-adds where the runtime has relaxed SIMD (V8 from Node 22 on): a tenth to a fifth faster. */
function bestBytes(): Uint8Array<ArrayBuffer> {
  if (!relaxedAllowed) return decodeBase64(KERNELS_BASE64);
  const relaxed = decodeBase64(RELAXED_KERNELS_BASE64);
  return WebAssembly.validate(relaxed) ? relaxed : decodeBase64(KERNELS_BASE64);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
