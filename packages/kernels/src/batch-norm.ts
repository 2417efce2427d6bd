import {
  engine,
  getBackend,
  getGradient,
  registerGradient,
  util,
  type GradConfig,
  type KernelConfig,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { floats, pointer, withScratch, type WasmBackend } from './tensors.js';

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
      const channels = mean.shape[0]!;
      const out = wasm.makeOutput(x.shape, 'float32');
      return withScratch(wasm, channels * 8, (at) => {
        const factors = floats(wasm, at, channels);
        const offsets = floats(wasm, at + channels * 4, channels);
        const inverse = inverseDeviations(wasm, variance, varianceEpsilon);
        const scales = scale && floats(wasm, pointer(wasm, scale), channels);
        for (let c = 0; c < channels; c++) factors[c] = inverse[c]! * (scales?.[c] ?? 1);
        if (offset) offsets.set(floats(wasm, pointer(wasm, offset), channels));
        else offsets.fill(0);
        const [xAt, meanAt, outAt] = [pointer(wasm, x), pointer(wasm, mean), pointer(wasm, out)];
        kernelsOf(wasm).normalizeColumns(xAt, meanAt, at, at + channels * 4, outAt, rowsOf(x), channels);
        return out;
      });
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
    const small = [1, 2, 3, 4].map(() => wasm.makeOutput([channels], 'float32'));
    const [dMean, dVariance, dScale, dOffset] = small as [TensorInfo, TensorInfo, TensorInfo, TensorInfo];
    return withScratch(wasm, channels * 4, (at) => {
      const kernels = kernelsOf(wasm);
      const [dyAt, xAt, meanAt] = [pointer(wasm, dy), pointer(wasm, x), pointer(wasm, mean)];
      kernels.columnSum(dyAt, pointer(wasm, dOffset), rowsOf(x), channels);
      kernels.centeredProductSum(dyAt, xAt, meanAt, pointer(wasm, dScale), rowsOf(x), channels);
      const view = (tensor: TensorInfo) => floats(wasm, pointer(wasm, tensor), channels);
      const [means, variances, products, sums] = [view(dMean), view(dVariance), view(dScale), view(dOffset)];
      const scales = view(scale);
      const factors = floats(wasm, at, channels);
      inverseDeviations(wasm, variance, varianceEpsilon).forEach((inverse, c) => {
        const factor = inverse * scales[c]!;
        factors[c] = factor;
        means[c] = -factor * sums[c]!;
        variances[c] = -0.5 * inverse * inverse * factor * products[c]!;
        products[c]! *= inverse;
      });
      kernels.scaleColumns(dyAt, at, pointer(wasm, dx), rowsOf(x), channels);
      return [dx, ...small];
    });
  },
};

/**
 * tfjs keeps one gradient of an operation for all backends, registered when tfjs-layers or tfjs is imported, which may be
 * after us: so ours is put before it whenever the kernel runs and it is not in place. Other backends keep theirs.
 */
function useOurGradient(): void {
  const original = getGradient('FusedBatchNorm');
  if (original === undefined || ours.has(original)) return;
  const config: GradConfig = {
    ...original,
    gradFunc(dy, saved, attrs) {
      const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor];
      const fused = getBackend() === 'wasm' && perChannel(x, mean, variance) && !Array.isArray(dy);
      if (!fused) return original.gradFunc(dy, saved, attrs);
      const inputs = { dy, x, mean, variance, scale };
      const grads = engine().runKernel(GRADIENT, inputs, attrs) as Tensor[];
      return Object.fromEntries(
        ['x', 'mean', 'variance', 'scale', 'offset'].map((name, i) => [name, () => grads[i]!]),
      );
    },
  };
  ours.add(config);
  registerGradient(config);
}

const ours = new WeakSet<GradConfig>();

function perChannel(x: TensorInfo, mean: TensorInfo, variance: TensorInfo): boolean {
  return x.dtype === 'float32' && mean.shape.length === 1 && variance.shape.length === 1;
}

function rowsOf(x: TensorInfo): number {
  return util.sizeFromShape(x.shape.slice(0, -1));
}

/** In float64, which costs nothing for so few values. */
function inverseDeviations(wasm: WasmBackend, variance: TensorInfo, epsilon: number): Float64Array {
  const variances = floats(wasm, pointer(wasm, variance), variance.shape[0]!);
  return Float64Array.from(variances, (value) => 1 / Math.sqrt(value + epsilon));
}
