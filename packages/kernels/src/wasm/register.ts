import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelConfig,
  type KernelFunc,
} from '@tensorflow/tfjs-core';

import { adamUpdate } from './elements/adam.js';
import { add } from './elements/add.js';
import { batchNormGradient, fusedBatchNorm } from './norm/given-moments.js';
import {
  batchNormTraining,
  batchNormTrainingGradient,
  registerBatchNormTrainingGradient,
} from './norm/batch-moments.js';
import { tile, withFastBroadcast } from './elements/broadcast.js';
import { clipByValue } from './elements/clip.js';
import { compare, COMPARISONS, select } from './elements/compare.js';
import { concat, splitV } from './elements/concat.js';
import { einsum } from './elements/einsum.js';
import { exp } from './elements/exp.js';
import { batchMatMul, fusedMatMul } from './elements/matmul.js';
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput, fusedConv2D } from './conv/conv2d.js';
import { conv3D, conv3DBackpropFilter, conv3DBackpropInput } from './conv/conv3d.js';
import { registerMissingGradients, withBroadcastGradient } from '../gradients/missing.js';
import { depthwiseBackpropFilter, depthwiseBackpropInput, depthwiseConv2D } from './conv/depthwise.js';
import { withDilatedGradient } from '../gradients/dilated.js';
import { dilation2D, dilation2DBackpropFilter, dilation2DBackpropInput } from './pool/dilation2d.js';
import { focalSums, focalSumsGradient } from './losses/focal.js';
import { sayWithoutSimd, wasmKernelsSupported } from './memory/module.js';
import { guardAllocator, type WasmBackend } from './memory/tensors.js';
import {
  averagePool3D,
  averagePool3DGrad,
  averagePoolGrad,
  maxPool3D,
  maxPool3DGrad,
  maxPoolGrad,
  pool2D,
} from './pool/pool.js';
import { cast, identity, mean, meanGradient, sum } from './elements/reduce.js';
import { regionStatistics, regionStatisticsGradient } from './losses/region-statistics.js';
import { labelCosts, labelCostsGradient } from './losses/label-costs.js';
import { labelLikelihood, labelLikelihoodGradient } from './losses/label-likelihood.js';
import { pixelSum, probabilities, probabilitiesGradient } from './losses/probabilities.js';
import { lovaszWeights, valuesAtRanks } from './losses/ranking.js';
import { readIndices, readUnitLabels } from './losses/read-labels.js';
import { relu, reluGradient } from './elements/relu.js';
import { resizeBilinear, resizeBilinearGrad, resizeNearest, resizeNearestGrad } from './pool/resize.js';
import { unsortedSegmentSum } from './elements/segment-sum.js';
import { ADDED_WITHOUT_SIMD, OVERRIDES_WITHOUT_SIMD } from './without-simd.js';

/** What tfjs has no kernel for. */
const ADDED: readonly KernelConfig[] = [
  conv2DBackpropFilter,
  batchNormGradient,
  batchNormTraining,
  batchNormTrainingGradient,
  meanGradient,
  reluGradient,
  regionStatistics,
  regionStatisticsGradient,
  focalSums,
  focalSumsGradient,
  labelCosts,
  labelCostsGradient,
  labelLikelihood,
  labelLikelihoodGradient,
  readIndices,
  readUnitLabels,
  probabilities,
  probabilitiesGradient,
  pixelSum,
  valuesAtRanks,
  lovaszWeights,
  unsortedSegmentSum,
  einsum,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  adamUpdate,
];

type Overrides = Readonly<Record<string, (original: KernelFunc) => Pick<KernelConfig, 'kernelFunc'>>>;

/** Kernels of two tensors that are slow where their shapes differ; maximum, minimum and the comparisons below are more. */
const SLOW_BROADCAST = [...['LogicalAnd', 'LogicalOr', 'LogicalXor', 'Pow', 'Mod', 'FloorDiv', 'Atan2']];

/** What replaces or wraps a kernel that tfjs has. */
const OVERRIDES: Overrides = {
  Conv2D: withDilatedGradient('Conv2D', conv2D),
  FusedConv2D: fusedConv2D,
  Conv2DBackpropInput: () => conv2DBackpropInput(kernelFunc('Conv2D')),
  MaxPoolGrad: () => maxPoolGrad,
  FusedBatchNorm: fusedBatchNorm,
  Add: add,
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
  ClipByValue: clipByValue,
  Exp: exp,
  Concat: concat,
  SplitV: splitV,
  Sum: sum,
  Mean: mean,
  Relu: relu,
  Cast: cast,
  Identity: () => identity,
  DepthwiseConv2dNative: withDilatedGradient('DepthwiseConv2dNative', depthwiseConv2D),
  FusedDepthwiseConv2D: withDilatedGradient('DepthwiseConv2dNative', depthwiseConv2D),
  Tile: tile,
  ...Object.fromEntries(SLOW_BROADCAST.map((name) => [name, withFastBroadcast])),
  ...Object.fromEntries(
    COMPARISONS.map((name) => [
      name,
      (original: KernelFunc) => compare(name)(withFastBroadcast(original).kernelFunc),
    ]),
  ),
  Select: select,
  Maximum: (original) => withBroadcastGradient('Maximum')(withFastBroadcast(original).kernelFunc),
  Minimum: (original) => withBroadcastGradient('Minimum')(withFastBroadcast(original).kernelFunc),
  SquaredDifference: withBroadcastGradient('SquaredDifference'),
  Conv3D: withDilatedGradient('Conv3D', () => conv3D),
  Conv3DBackpropFilterV2: () => conv3DBackpropFilter,
  Conv3DBackpropInputV2: () => conv3DBackpropInput,
  MaxPool: pool2D,
  AvgPool: pool2D,
  AvgPoolGrad: () => averagePoolGrad,
  AvgPool3D: () => averagePool3D,
  AvgPool3DGrad: () => averagePool3DGrad,
  MaxPool3D: () => maxPool3D,
  MaxPool3DGrad: () => maxPool3DGrad,
  ResizeBilinear: resizeBilinear,
  ResizeBilinearGrad: () => resizeBilinearGrad,
  ResizeNearestNeighbor: () => resizeNearest,
  ResizeNearestNeighborGrad: () => resizeNearestGrad,
  Dilation2D: () => dilation2D,
  Dilation2DBackpropFilter: () => dilation2DBackpropFilter,
  Dilation2DBackpropInput: () => dilation2DBackpropInput,
};

let registered = false;

/**
 * Registers the kernels for tfjs's wasm backend. Importing `@segloss/kernels/wasm` does this; call it yourself only where
 * imports with side effects are not wanted. Import `@tensorflow/tfjs-backend-wasm` first. Calling it twice does nothing.
 *
 * Where the runtime has no WebAssembly SIMD it says so once, and registers what composed operations and plain loops can do: the sums
 * of the losses, and what tfjs lacks or has wrong for training.
 *
 * @throws {Error} If the wasm backend is not imported.
 *
 * @example
 * ```ts
 * await import('@tensorflow/tfjs-backend-wasm');
 * registerWasmKernels();
 * tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined; // → true
 * ```
 */
export function registerWasmKernels(): void {
  if (registered) return;
  kernelFunc('Conv2D'); // says what to import if there is no wasm backend yet
  const { added, overrides } = chosen();
  const setupFunc = (backend: object) => guardAllocator(backend as WasmBackend); // when the backend starts
  added.forEach((kernel) => registerKernel({ ...kernel, setupFunc }));
  for (const [name, override] of Object.entries(overrides)) {
    const original = getKernel(name, 'wasm');
    const replacement = override(original.kernelFunc);
    unregisterKernel(name, 'wasm');
    // tfjs calls the original's setup when the backend starts; what we wrap would fail without it.
    registerKernel({ ...original, ...replacement });
  }
  registerMissingGradients();
  if (wasmKernelsSupported()) registerBatchNormTrainingGradient();
  else sayWithoutSimd();
  registered = true;
}

/**
 * Names of the kernels that {@link registerWasmKernels} adds or replaces.
 *
 * @example
 * ```ts
 * wasmKernelNames().includes('MaxPoolGrad'); // → true
 * ```
 */
export function wasmKernelNames(): string[] {
  const { added, overrides } = chosen();
  return [...added.map(({ kernelName }) => kernelName), ...Object.keys(overrides)];
}

/** What this runtime can run. */
function chosen(): { added: readonly KernelConfig[]; overrides: Overrides } {
  return wasmKernelsSupported()
    ? { added: ADDED, overrides: OVERRIDES }
    : { added: ADDED_WITHOUT_SIMD, overrides: OVERRIDES_WITHOUT_SIMD };
}

function kernelFunc(name: string): KernelFunc {
  const kernel = getKernel(name, 'wasm');
  if (kernel === undefined) {
    throw new Error(
      `registerWasmKernels: tfjs has no wasm kernel ${name} yet; import '@tensorflow/tfjs-backend-wasm' before`,
    );
  }
  return kernel.kernelFunc;
}
