import { DataError } from '../errors.js';
import { decodeFile } from '../formats/decode.js';
import { sameSize, sampleOf } from './pairs.js';
import { type Sample, type WantedParts } from '../samples/sample.js';
import { cocoMask, type CocoAnnotation, type CocoOptions } from '../formats/coco/mask.js';

/** An image file and what COCO says of it. */
export interface CocoPair {
  readonly id: string;
  readonly image: string;
  /** The file of the annotations, for messages. */
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly annotations: readonly CocoAnnotation[];
  /** Class index of each category. */
  readonly labels: ReadonlyMap<number, number>;
  readonly options: CocoOptions;
}

/** Reads the image and draws the mask. */
export async function readCocoSample(
  { id, image, file, height, width, annotations, labels, options, channels }: CocoPair & { channels: number },
  { size }: WantedParts = {},
): Promise<Sample> {
  const pixels = await decodeFile(image);
  sameSize(image, pixels, file, { height, width });
  try {
    const mask = cocoMask(annotations, { height, width }, labels, options);
    return sampleOf({ id, pixels, channels, mask }, size);
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`${file}, image ${id}: ${error.message}`, error.code);
    throw error;
  }
}
