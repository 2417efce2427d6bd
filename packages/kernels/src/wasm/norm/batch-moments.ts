// The kernel of batchNormOfBatch: normalization by the moments of the batch itself, as in training.
import {
  engine,
  registerGradient,
  type KernelConfig,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { inverseDeviations, values, vector } from './given-moments.js';
import { BATCH_NORM_TRAINING } from '../../operations/batch-norm-of-batch.js';
import { byName } from '../../gradients/on-wasm.js';
import { kernelsOf, type KernelModule } from '../memory/module.js';
import { runParts } from '../threads/parts.js';
import { rowsOf } from '../elements/reduce.js';
import { alignUp, doubles, floats, pointer, withScratch, type WasmBackend } from '../memory/tensors.js';

const GRADIENT = 'SeglossBatchNormTrainingGradient';

interface Attributes {
  varianceEpsilon: number;
  activation: 'linear' | 'relu';
}

/** The normalized batch, its mean and its (biased) variance. */
export const batchNormTraining: KernelConfig = {
  kernelName: BATCH_NORM_TRAINING,
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { x, scale, offset } = inputs as Record<'x' | 'scale' | 'offset', TensorInfo>;
    const { varianceEpsilon, activation } = attrs as unknown as Attributes;
    const wasm = backend as WasmBackend;
    const sizes = sizesOf(x);
    const { rows, columns } = sizes;
    const out = wasm.makeOutput(x.shape, 'float32');
    const at = pointer(wasm, x);
    const [mean, variance] = withScratch(wasm, columns * 4, (shiftsAt) => {
      kernelsOf(wasm).columnShifts(at, shiftsAt, rows, columns);
      const shifts = floats(wasm, shiftsAt, columns).slice();
      const { first, second } = partSums(wasm, 'momentSums', [at, shiftsAt], [], sizes);
      const offsets = first.map((sum) => sum / rows); // of the means from the shifts
      return [
        vector(
          wasm,
          offsets.map((value, c) => shifts[c]! + value),
        ),
        vector(
          wasm,
          second.map((sum, c) => Math.max(0, sum / rows - offsets[c]! ** 2)),
        ),
      ] as const;
    });
    const factors = factorsOf(wasm, variance, scale, varianceEpsilon);
    withScratch(wasm, 3 * columns * 4, (vectors) => {
      [values(wasm, mean), factors, values(wasm, offset)].forEach((each, i) =>
        floats(wasm, vectors + i * columns * 4, columns).set(each),
      );
      runParts(
        wasm,
        'normalizeBatch',
        [at, vectors, pointer(wasm, out), rows, columns, Number(activation === 'relu'), sizes.rowsOfPart],
        sizes,
      );
    });
    return [out, mean, variance];
  },
};

/** The gradients of {@link batchNormTraining} by x, scale and offset, given those of its three results. */
export const batchNormTrainingGradient: KernelConfig = {
  kernelName: GRADIENT,
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { dy, dMean, dVariance, x, mean, variance, scale, offset } = inputs as Record<string, TensorInfo>;
    const { varianceEpsilon, activation } = attrs as unknown as Attributes;
    const wasm = backend as WasmBackend;
    const sizes = sizesOf(x!);
    const { rows, columns, rowsOfPart } = sizes;
    const rectified = Number(activation === 'relu');
    const dx = wasm.makeOutput(x!.shape, 'float32');
    const factors = factorsOf(wasm, variance!, scale!, varianceEpsilon);
    const inverse = inverseDeviations(values(wasm, variance!), varianceEpsilon);
    return withScratch(wasm, 5 * columns * 4, (vectors) => {
      const set = (i: number, each: ArrayLike<number>) =>
        floats(wasm, vectors + i * columns * 4, columns).set(each);
      set(0, values(wasm, mean!));
      set(1, factors);
      set(2, values(wasm, offset!));
      const [dyAt, xAt] = [pointer(wasm, dy!), pointer(wasm, x!)];
      const { first, second } = partSums(
        wasm,
        'batchNormGradientSums',
        [dyAt, xAt, vectors],
        [rectified],
        sizes,
      );
      const [onMean, onVariance] = [values(wasm, dMean!), values(wasm, dVariance!)];
      set(
        3,
        second.map((sum, c) => (2 * onVariance[c]! - factors[c]! * inverse[c]! ** 2 * sum) / rows),
      );
      set(
        4,
        first.map((sum, c) => (onMean[c]! - factors[c]! * sum) / rows),
      );
      const args = [dyAt, xAt, vectors, pointer(wasm, dx), rows, columns, rectified, rowsOfPart];
      runParts(wasm, 'batchNormGradient', args, sizes);
      const onScale = second.map((sum, c) => sum * inverse[c]!);
      return [dx, vector(wasm, onScale), vector(wasm, first)];
    });
  },
};

/** Makes {@link batchNormTraining} differentiable; it has a name of its own, so no other backend is concerned. */
export function registerBatchNormTrainingGradient(): void {
  registerGradient({
    kernelName: BATCH_NORM_TRAINING,
    inputsToSave: ['x', 'scale', 'offset'],
    outputsToSave: [false, true, true],
    gradFunc(dys, saved, attrs) {
      const [x, scale, offset, mean, variance] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
      const [dy, dMean, dVariance] = dys as unknown as [Tensor, Tensor, Tensor];
      const inputs = { dy, dMean, dVariance, x, mean, variance, scale, offset };
      const names = ['x', 'scale', 'offset'];
      return byName(names, engine().runKernel(GRADIENT, inputs, attrs) as Tensor[]);
    },
  });
}

interface Sizes {
  rows: number;
  columns: number;
  parts: number;
  rowsOfPart: number;
}

/** Parts of some 64 Ki values, 16 at most. */
function sizesOf(x: TensorInfo): Sizes {
  const [rows, columns] = [rowsOf(x), x.shape[x.shape.length - 1]!];
  const wanted = Math.min(16, Math.max(1, Math.floor((rows * columns) / 65536)));
  const rowsOfPart = Math.max(1, Math.ceil(rows / wanted));
  return { rows, columns, parts: Math.ceil(rows / rowsOfPart), rowsOfPart };
}

/** The two sums of each column, added over the parts in their order. */
function partSums(
  wasm: WasmBackend,
  kernel: keyof KernelModule,
  before: readonly number[],
  after: readonly number[],
  { rows, columns, parts, rowsOfPart }: Sizes,
): { first: Float64Array; second: Float64Array } {
  return withScratch(wasm, parts * 16 * columns + 8, (start) => {
    const sums = alignUp(start, 8);
    runParts(wasm, kernel, [...before, sums, rows, columns, ...after, rowsOfPart], { parts });
    const slots = doubles(wasm, sums, parts * 2 * columns);
    const total = new Float64Array(2 * columns);
    slots.forEach((value, i) => (total[i % (2 * columns)]! += value));
    return { first: total.slice(0, columns), second: total.slice(columns) };
  });
}

/** What x - mean is multiplied by; rounded once, so that forward and back see the same values. */
function factorsOf(
  wasm: WasmBackend,
  variance: TensorInfo,
  scale: TensorInfo,
  epsilon: number,
): Float32Array {
  const scales = values(wasm, scale);
  return Float32Array.from(
    inverseDeviations(values(wasm, variance), epsilon),
    (value, c) => value * scales[c]!,
  );
}
