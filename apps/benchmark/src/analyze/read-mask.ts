import { inOrderOf, type Image, type LabelMask, type OpenedMasks } from '@segloss/data/masks';

import { CaseError } from './faults.js';

/** Labels of the pixels of an image or the voxels of a volume. */
export interface Labels extends LabelMask {
  readonly file: string;
}

/** Probabilities of the pixels: of the foreground, or `[channels, pixels]` of every class. */
export interface Probabilities extends Labels {
  readonly channels: number;
}

/** Reads a mask by the rule of all masks that were opened with it. */
export async function readLabels(masks: OpenedMasks, file: string): Promise<Labels> {
  return reading(async () => ({ file, ...(await masks.read(file)) }));
}

/** Turns what a reader throws into the fault of a case. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CaseError) throw error;
    const { code, message } = error as { code?: string; message: string };
    throw new CaseError(code === 'bad-label' ? 'bad-label' : 'unreadable', message);
  }
}

/**
 * The values of a prediction in the pixel order of the truth: volumes are turned as their affines say. A volume of one slice fits an
 * image.
 *
 * @throws {CaseError} `size-mismatch` if sizes or places differ.
 */
export function inOrderOfTruth(truth: Labels, predicted: Labels, channels = 1): ArrayLike<number> {
  const { values } = predicted;
  if (truth.volume && predicted.volume) {
    const [reference, volume] = [truth.volume, predicted.volume];
    const voxels = values.length / channels;
    try {
      const parts = Array.from({ length: channels }, (_, c) =>
        inOrderOf(reference, volume, slice(values, c * voxels, (c + 1) * voxels)),
      );
      return channels === 1 ? parts[0]! : joined(parts, voxels);
    } catch (error) {
      throw mismatch(truth, predicted, (error as Error).message);
    }
  }
  const flat = ({ shape }: Labels) =>
    (shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape).join('x');
  if (flat(truth) === flat(predicted)) return values;
  throw mismatch(
    truth,
    predicted,
    `wanted masks of one size, got ${predicted.shape.join('x')} and ${truth.shape.join('x')}; save the prediction at the size of the truth`,
  );
}

const mismatch = (truth: Labels, predicted: Labels, message: string) =>
  new CaseError('size-mismatch', `${message} (${predicted.file}, ${truth.file})`);

function slice(values: ArrayLike<number>, from: number, to: number): ArrayLike<number> {
  if (from === 0 && to === values.length) return values;
  return (values as Float32Array).subarray(from, to);
}

function joined(parts: readonly ArrayLike<number>[], length: number): Float64Array {
  const all = new Float64Array(parts.length * length);
  parts.forEach((part, c) => all.set(part, c * length));
  return all;
}

/** Gray values of an image, whose largest possible value means 1, as probabilities. @throws {CaseError} If it holds colors. */
export function grayProbabilities(file: string, { height, width, channels, values }: Image): Probabilities {
  if (channels !== 1) {
    throw new CaseError('bad-label', `wanted gray probabilities in ${file}, got ${channels} channels`);
  }
  return { file, shape: [height, width], channels: 1, values };
}
