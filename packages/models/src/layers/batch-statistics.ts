import { batchNormOfBatch } from '@segloss/kernels';
import {
  dispose,
  keep,
  ones,
  tensor1d,
  tidy,
  zeros,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { type layers, type LayersModel } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;
type Weight = { read(): Tensor1D; write(value: Tensor): void };

/** Parts of tf.layers.batchNormalization that are used here. */
interface BatchNormalization extends Layer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: Weight;
  readonly beta?: Weight;
  readonly movingMean: Weight;
  readonly movingVariance: Weight;
}

/** The batch normalizations of a model, and of models within it, that are not frozen. */
function batchNormalizations(model: LayersModel): BatchNormalization[] {
  return model.layers.flatMap((layer) => {
    if ('layers' in layer) return batchNormalizations(layer as unknown as LayersModel);
    const found = layer.getClassName() === 'BatchNormalization' && layer.trainable !== false;
    return found ? [layer as BatchNormalization] : [];
  });
}

/**
 * Returns the share of their running averages that the batch normalizations of a model keep at an update, the largest of them, or
 * undefined for a model without batch normalization.
 *
 * @example
 * ```ts
 * const input = { inputShape: [8, 8, 1], outputs: 1, widths: [2] };
 * batchNormMomentum(unet({ ...input, norm: 'batch' })); // → 0.9
 * batchNormMomentum(unet({ ...input, norm: 'instance' })); // → undefined
 * ```
 */
export function batchNormMomentum(model: LayersModel): number | undefined {
  const momenta = batchNormalizations(model).map(({ momentum }) => momentum);
  return momenta.length === 0 ? undefined : Math.max(...momenta);
}

/** Σ n, Σ n·mean and Σ n·(variance + mean²) of the batches, in float64. */
class Pooled {
  private count = 0;
  private readonly first: Float64Array;
  private readonly second: Float64Array;

  constructor(channels: number) {
    this.first = new Float64Array(channels);
    this.second = new Float64Array(channels);
  }

  add(count: number, mean: ArrayLike<number>, variance: ArrayLike<number>): void {
    this.count += count;
    for (let k = 0; k < this.first.length; k++) {
      this.first[k]! += count * mean[k]!;
      this.second[k]! += count * (variance[k]! + mean[k]! ** 2);
    }
  }

  get mean(): Float32Array {
    return Float32Array.from(this.first, (sum) => sum / this.count);
  }

  get variance(): Float32Array {
    return Float32Array.from(this.second, (sum, k) =>
      Math.max(0, sum / this.count - (this.first[k]! / this.count) ** 2),
    );
  }
}

/**
 * Replaces the running averages of every batch normalization by the mean and variance over all given images: what a training's
 * averages approach when the weights stand still. The images run through the model batch by batch, each normalized by its batch, without
 * dropout; the statistics of the batches are pooled in float64. Frozen layers keep theirs.
 *
 * @param model With tf.layers.batchNormalization over the last axis; others stay as they are.
 * @param batches Float32 `[B, ...spatial, C]`; each is disposed after its use.
 * @returns How many layers were changed.
 * @throws {RangeError} If there are no batches, or a layer normalizes another axis than the last.
 *
 * @example
 * ```ts
 * const model = unet({ inputShape: [2, 2, 1], outputs: 1, widths: [1], norm: 'batch' });
 * await recomputeBatchNormalization(model, [tf.zeros([1, 2, 2, 1]), tf.ones([3, 2, 2, 1])]); // → 2
 * await recomputeBatchNormalization(unet({ inputShape: [2, 2, 1], outputs: 1, widths: [1] }), [tf.zeros([1, 2, 2, 1])]); // → 0
 * ```
 *
 * @see Wu & Johnson, "Rethinking 'Batch' in BatchNorm", 2021, arXiv:2105.07576, §3.1 (precise batch normalization).
 */
export async function recomputeBatchNormalization(
  model: LayersModel,
  batches: Iterable<Tensor> | AsyncIterable<Tensor>,
): Promise<number> {
  const found = batchNormalizations(model);
  const pooled = found.map(({ movingMean }) => new Pooled(movingMean.read().size));
  let seen = 0;
  for await (const images of batches) {
    seen++;
    const statistics = statisticsOf(model, found, images);
    dispose(images);
    for (const { layer, count, mean, variance } of statistics) {
      pooled[found.indexOf(layer)]!.add(count, await mean.data(), await variance.data());
      dispose([mean, variance]);
    }
  }
  if (seen === 0) throw new RangeError('recomputeBatchNormalization: wanted at least one batch, got none');
  found.forEach(({ movingMean, movingVariance }, i) =>
    tidy(() => {
      movingMean.write(tensor1d(pooled[i]!.mean));
      movingVariance.write(tensor1d(pooled[i]!.variance));
    }),
  );
  return found.length;
}

interface Statistics {
  readonly layer: BatchNormalization;
  /** Values of each channel. */
  readonly count: number;
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** Of one batch, each time that it passes a batch normalization; to be disposed. */
function statisticsOf(
  model: LayersModel,
  found: readonly BatchNormalization[],
  images: Tensor,
): Statistics[] {
  const statistics: Statistics[] = [];
  const calls = found.map((layer) => layer.call);
  try {
    for (const layer of found) {
      layer.call = (inputs) => {
        const x = Array.isArray(inputs) ? inputs[0]! : inputs;
        const { output, mean, variance } = normalized(layer, x);
        const count = x.size / mean.size;
        statistics.push({ layer, count, mean: keep(mean), variance: keep(variance) });
        return output;
      };
    }
    tidy(() => void model.apply(images, { training: false }));
  } catch (error) {
    dispose(statistics.flatMap(({ mean, variance }) => [mean, variance]));
    throw error;
  } finally {
    found.forEach((layer, i) => (layer.call = calls[i]!));
  }
  return statistics;
}

/** The output of a layer by the statistics of the batch, and these. */
function normalized({ name, axis, epsilon, gamma, beta }: BatchNormalization, x: Tensor) {
  const channels = x.shape[x.rank - 1]!;
  if (axis !== -1 && axis !== x.rank - 1) {
    throw new RangeError(
      `recomputeBatchNormalization: wanted batch normalization over the last axis, got axis ${axis} in ${name}`,
    );
  }
  const scale = gamma?.read() ?? ones([channels]);
  const offset = beta?.read() ?? zeros([channels]);
  return batchNormOfBatch(x, scale as Tensor1D, offset as Tensor1D, epsilon);
}
