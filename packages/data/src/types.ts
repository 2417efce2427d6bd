/** An image with its mask, in memory. */
export interface Sample {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** `height * width * channels` values from 0 to 1, row by row, channels last. */
  readonly image: Float32Array;
  /** `height * width` class indices; 255 = ignored pixel. */
  readonly mask: Uint8Array;
}

/** An image that is read or made when it is asked for. */
export interface SampleSource {
  readonly id: string;
  load(): Promise<Sample>;
}

/** Images with masks, split into training and validation. */
export interface SegmentationDataset {
  readonly name: string;
  /** Names of the label values 0 to K-1; two classes are binary: background, foreground. */
  readonly classes: readonly string[];
  readonly channels: number;
  readonly train: readonly SampleSource[];
  readonly val: readonly SampleSource[];
  /** What was found, and what was done to the labels. */
  readonly description: string;
}

/** The label value of pixels that count in no loss and no metric. */
export const IGNORED = 255;
