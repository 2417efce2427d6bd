import { DataError, type DataErrorCode } from '../errors.js';
import { readOrigin, type Origin } from '../read/origin.js';
import { resizeSample } from '../samples/transforms.js';
import { type Sample, type WantedParts } from '../samples/sample.js';
import { resampleVolume, resizeVolume, type VolumeSize } from '../samples/volumes.js';

/** What a thread is asked for. */
export interface ReadTask {
  readonly origin: Origin;
  /** Height and width in pixels, of volumes the depth before them. */
  readonly size?: readonly [height: number, width: number] | VolumeSize;
  /** Whether the mask alone is needed; the image may then be empty. */
  readonly maskOnly?: boolean;
  /** Of volumes: distances of voxels in mm. */
  readonly spacing?: VolumeSize;
}

/** What it answers. Errors lose their class on the way between threads: a DataError goes as plain data. */
export type ReadAnswer =
  | { readonly sample: Sample }
  | {
      readonly fault: {
        readonly message: string;
        readonly code: DataErrorCode;
        readonly values: readonly (readonly [number, number])[];
      };
    };

/** The sample at the spacing and the size that are wanted. */
export function sized(sample: Sample, { size, spacing }: Omit<ReadTask, 'origin'>): Sample {
  if (sample.image.length === 0) return sample; // of the mask alone, at the size that is wanted
  const resampled = spacing === undefined ? sample : resampleVolume(sample, spacing);
  if (size === undefined) return resampled;
  return size.length === 3 ? resizeVolume(resampled, size) : resizeSample(resampled, size[0], size[1]);
}

/** What readers may give at once. */
export function wantedParts({ size, spacing, maskOnly = false }: Omit<ReadTask, 'origin'>): WantedParts {
  return { maskOnly, ...(size?.length === 2 && spacing === undefined && { size }) };
}

export async function answerTo({ origin, ...wanted }: ReadTask): Promise<ReadAnswer> {
  try {
    return { sample: sized(await readOrigin(origin, wantedParts(wanted)), wanted) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const { message, code, values } = error;
    return { fault: { message, code, values } };
  }
}
