import { readImage, readMask, readNifti } from '@segloss/data';

import { CaseError } from './faults.js';

const NIFTI = /\.nii(\.gz)?$/i;
/** Largest label that is counted. */
const MAX_LABEL = 65535;

/** Labels of the pixels of an image or the voxels of a volume. */
export interface Labels {
  readonly file: string;
  /** [height, width] or [depth, height, width]. */
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Probabilities of the pixels: of the foreground, or `[channels, pixels]` of every class. */
export interface Probabilities extends Labels {
  readonly channels: number;
}

/** Reads labels: PNG, TIFF, NIfTI; JPEG as 0 and 255, by the threshold 127. */
export async function readLabels(file: string): Promise<Labels> {
  return reading(async () => {
    if (NIFTI.test(file)) {
      const { shape, channels, values } = await readNifti(file);
      if (channels !== 1) {
        throw new CaseError(
          'bad-label',
          `wanted one label for each voxel of ${file}, got ${channels} values`,
        );
      }
      return { file, shape, values };
    }
    const { height, width, values, lossy } = await readMask(file, { allowJpeg: true });
    return { file, shape: [height, width], values: lossy ? values.map((v) => (v > 127 ? 255 : 0)) : values };
  });
}

/** Reads probabilities: NIfTI from 0 to 1, one value or one for each class; gray PNG or TIFF, whose largest value means 1. */
export async function readProbabilities(file: string): Promise<Probabilities> {
  return reading(async () => {
    if (NIFTI.test(file)) {
      const { shape, channels, values } = await readNifti(file);
      return { file, shape, channels, values };
    }
    const { height, width, channels, values } = await readImage(file);
    if (channels !== 1) {
      throw new CaseError('bad-label', `wanted gray probabilities in ${file}, got ${channels} channels`);
    }
    return { file, shape: [height, width], channels: 1, values };
  });
}

async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CaseError) throw error;
    const { code, message } = error as { code?: string; message: string };
    throw new CaseError(code === 'bad-label' ? 'bad-label' : 'unreadable', message);
  }
}

/** Throws unless both have one size; a volume of one slice fits an image. */
export function checkSameSize(truth: Labels, predicted: Labels): void {
  const flat = ({ shape }: Labels) =>
    (shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape).join('x');
  if (flat(truth) === flat(predicted)) return;
  throw new CaseError(
    'size-mismatch',
    `wanted masks of one size, got ${predicted.shape.join('x')} in ${predicted.file} and ${truth.shape.join('x')} in ${truth.file}; save the prediction at the size of the truth`,
  );
}

/** Throws where a value is no label. */
export function checkLabel(value: number, file: string): void {
  if (Number.isInteger(value) && value >= 0 && value <= MAX_LABEL) return;
  const remedy =
    value > 0 && value < 1
      ? 'if these are probabilities, say --probabilities'
      : `labels are whole numbers from 0 to ${MAX_LABEL}`;
  throw new CaseError('bad-label', `wanted labels in ${file}, got ${value}; ${remedy}`);
}
