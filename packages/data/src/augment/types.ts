import { type RandomStream } from '../samples/random.js';
import { type Sample } from '../samples/sample.js';

/** Where the pixels of a result come from. */
export interface Warp {
  /** Size of the result in pixels. Without `depth` a volume keeps its slices, which all move alike. */
  readonly depth?: number;
  readonly height: number;
  readonly width: number;
  /** Changes a place of the result into the place of the source that it shows. In pixels; the first pixel is from 0 to 1. */
  readonly toSource: (point: Point) => void;
  /** The same for all places of a row at a time, which takes less time; without it `toSource` is called for each place. */
  readonly rowToSource?: (row: RowOfPoints) => void;
}

/** Places of a row of the result: x, y and z of each, as in {@link Point}. */
export interface RowOfPoints {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

/** A place in an image or volume; z, along depth, is 0.5 in an image. */
export interface Point {
  x: number;
  y: number;
  z: number;
}

/** Moves pixels of image and mask alike. */
export interface GeometricTransform {
  readonly name: string;
  /** Draws a warp for a sample of this size; undefined for none this time. */
  readonly warp: (size: Size, random: RandomStream, sample: () => Sample) => Warp | undefined;
}

/** Changes the values of the image; the mask stays. */
export interface PhotometricTransform {
  readonly name: string;
  /** Draws a change and makes it: a new image of the same size. */
  readonly image: (sample: Sample, random: RandomStream) => Float32Array;
  /** The same, written to `result`, which may be the image of the sample: so no memory is needed where nobody else uses that. */
  readonly imageInto?: (sample: Sample, random: RandomStream, result: Float32Array) => void;
}

/** Chooses other transforms. */
export interface ChoiceTransform {
  readonly name: string;
  readonly choose: (random: RandomStream) => readonly Transform[];
}

/** One step of an augmentation. */
export type Transform = GeometricTransform | PhotometricTransform | ChoiceTransform;

export interface Size {
  /** Slices of a volume; undefined for images. */
  readonly depth?: number | undefined;
  readonly height: number;
  readonly width: number;
}

/** What is seen beyond the edges. */
export interface Beyond {
  /** Value of the image, from 0 to 1; default 0. */
  image?: number;
  /** Label; default 255, ignored in every loss and metric. */
  label?: number;
}
