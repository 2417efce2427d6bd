import { type Sample } from '@segloss/data';
import { tensor3d, tensor4d, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';

/** Images `[B, H, W, C]` (float32) and labels `[B, H, W]` (int32, 255 = ignored). */
export interface Batch {
  readonly images: Tensor4D;
  readonly labels: Tensor3D;
}

/** The samples in groups of `size`; the last may be smaller. */
export function inGroups<T>(samples: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) =>
    samples.slice(i * size, (i + 1) * size),
  );
}

/** Copies samples of one size into tensors. */
export function toBatch(samples: readonly Sample[]): Batch {
  const { height, width, channels } = samples[0]!;
  const pixels = height * width;
  const images = new Float32Array(samples.length * pixels * channels);
  const labels = new Int32Array(samples.length * pixels);
  samples.forEach((sample, i) => {
    images.set(sample.image, i * pixels * channels);
    labels.set(sample.mask, i * pixels);
  });
  return {
    images: tensor4d(images, [samples.length, height, width, channels]),
    labels: tensor3d(labels, [samples.length, height, width], 'int32'),
  };
}

/** Throws unless all samples have the size and channels that the model takes. */
export function checkSamples(
  caller: string,
  samples: readonly Sample[],
  shape: readonly (number | null)[],
): void {
  const wanted = shape.slice(1);
  for (const { id, height, width, channels } of samples) {
    const got = [height, width, channels];
    if (!wanted.every((size, i) => size === null || size === got[i])) {
      throw new RangeError(
        `${caller}: wanted images [${wanted}] as the model takes, got [${got}] in ${id}; use resizeSample`,
      );
    }
  }
}
