import { DataError, type DataErrorCode } from '../errors.js';
import { readOrigin, type Origin } from '../read/origin.js';
import { resizeSample } from '../samples/transforms.js';
import { type Sample } from '../samples/sample.js';

/** What a thread is asked for. */
export interface ReadTask {
  readonly origin: Origin;
  /** Height and width in pixels. */
  readonly size?: readonly [height: number, width: number];
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

/** The sample at the size that is wanted. */
export const sized = (sample: Sample, size: ReadTask['size']): Sample =>
  size === undefined ? sample : resizeSample(sample, size[0], size[1]);

export async function answerTo({ origin, size }: ReadTask): Promise<ReadAnswer> {
  try {
    return { sample: sized(await readOrigin(origin), size) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const { message, code, values } = error;
    return { fault: { message, code, values } };
  }
}
