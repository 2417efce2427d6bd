// tf.batchNorm, normalization by moments that are given, and its gradient.
import {
  engine,
  type KernelConfig,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { byName, useGradient } from '../../gradients/on-wasm.js';
import { kernelsOf } from '../memory/module.js';
import { columnSums, rowsOf } from '../elements/reduce.js';
import { floats, pointer, withScratch, type WasmBackend } from '../memory/tensors.js';

interface Inputs {
  x: TensorInfo;
  mean: TensorInfo;
  variance: TensorInfo;
  scale?: TensorInfo;
  offset?: TensorInfo;
}

const GRADIENT = 'SeglossBatchNormGradient';

/** tf.batchNorm with one mean and variance for each channel; other shapes stay with tfjs. */
export function fusedBatchNorm(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      useOurGradient();
      const { x, mean, variance, scale, offset } = args.inputs as unknown as Inputs;
      if (!perChannel(x, mean, variance)) return original(args);
      const { varianceEpsilon } = args.attrs as unknown as { varianceEpsilon: number };
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput(x.shape, 'float32');
      const inverse = inverseDeviations(values(wasm, variance), varianceEpsilon);
      normalize(wasm, x, mean, inverse, scale, offset, out);
      return out;
    },
  };
}

/** The gradients of tf.batchNorm by x, mean, variance, scale and offset, in this order. */
export const batchNormGradient: KernelConfig = {
  kernelName: GRADIENT,
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { dy, x, mean, variance, scale } = inputs as unknown as Required<Inputs> & { dy: TensorInfo };
    const { varianceEpsilon } = attrs as unknown as { varianceEpsilon: number };
    const wasm = backend as WasmBackend;
    const channels = mean.shape[0]!;
    const dx = wasm.makeOutput(x.shape, 'float32');
    const { sums, products } = gradientSums(wasm, dy, x, mean);
    const inverse = inverseDeviations(values(wasm, variance), varianceEpsilon);
    const factors = inverse.map((value, c) => value * values(wasm, scale)[c]!);
    withScratch(wasm, channels * 4, (at) => {
      floats(wasm, at, channels).set(factors);
      kernelsOf(wasm).scaleColumns(pointer(wasm, dy), at, pointer(wasm, dx), rowsOf(x), channels);
    });
    return [
      dx,
      vector(
        wasm,
        factors.map((factor, c) => -factor * sums[c]!),
      ),
      vector(
        wasm,
        factors.map((factor, c) => -0.5 * inverse[c]! ** 2 * factor * products[c]!),
      ),
      vector(
        wasm,
        products.map((product, c) => product * inverse[c]!),
      ),
      vector(wasm, sums),
    ];
  },
};

function useOurGradient(): void {
  useGradient('FusedBatchNorm', (gradient) => (dy, saved, attrs) => {
    const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor];
    if (Array.isArray(dy) || !perChannel(x, mean, variance)) return gradient(dy, saved, attrs);
    const grads = engine().runKernel(GRADIENT, { dy, x, mean, variance, scale }, attrs) as Tensor[];
    return byName(['x', 'mean', 'variance', 'scale', 'offset'], grads);
  });
}

function perChannel(x: TensorInfo, mean: TensorInfo, variance: TensorInfo): boolean {
  return x.dtype === 'float32' && mean.shape.length === 1 && variance.shape.length === 1;
}

/** out = (x - mean) · inverse · scale + offset */
function normalize(
  wasm: WasmBackend,
  x: TensorInfo,
  mean: TensorInfo,
  inverse: Float64Array,
  scale: TensorInfo | undefined,
  offset: TensorInfo | undefined,
  out: TensorInfo,
): void {
  const channels = inverse.length;
  withScratch(wasm, channels * 8, (at) => {
    const scales = scale && values(wasm, scale);
    floats(wasm, at, channels).set(inverse.map((value, c) => value * (scales?.[c] ?? 1)));
    const offsets = floats(wasm, at + channels * 4, channels);
    if (offset) offsets.set(values(wasm, offset));
    else offsets.fill(0);
    const [xAt, meanAt, outAt] = [x, mean, out].map((tensor) => pointer(wasm, tensor)) as [
      number,
      number,
      number,
    ];
    kernelsOf(wasm).normalizeColumns(xAt, meanAt, at, at + channels * 4, outAt, rowsOf(x), channels);
  });
}

/** Σ dy and Σ dy (x - mean) of every channel. */
function gradientSums(wasm: WasmBackend, dy: TensorInfo, x: TensorInfo, mean: TensorInfo) {
  const [rows, channels] = [rowsOf(x), mean.shape[0]!];
  const [dyAt, xAt, meanAt] = [dy, x, mean].map((tensor) => pointer(wasm, tensor)) as [
    number,
    number,
    number,
  ];
  const kernels = kernelsOf(wasm);
  return {
    sums: columnSums(wasm, (at) => kernels.columnSum(dyAt, at, rows, channels), channels),
    products: columnSums(
      wasm,
      (at) => kernels.centeredProductSum(dyAt, xAt, meanAt, at, rows, channels),
      channels,
    ),
  };
}

/** In float64, which costs nothing for so few values. */
export function inverseDeviations(variances: Float32Array, epsilon: number): Float64Array {
  return Float64Array.from(variances, (value) => 1 / Math.sqrt(value + epsilon));
}

export function values(wasm: WasmBackend, tensor: TensorInfo): Float32Array {
  return floats(wasm, pointer(wasm, tensor), tensor.shape[0]!);
}

export function vector(wasm: WasmBackend, numbers: Float64Array): TensorInfo {
  const out = wasm.makeOutput([numbers.length], 'float32');
  values(wasm, out).set(numbers);
  return out;
}
