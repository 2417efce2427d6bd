/** An image, or a volume, with its mask, in memory. */
export interface Sample {
  readonly id: string;
  /** Slices of a volume; an image has none. */
  readonly depth?: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** `[depth *] height * width * channels` values from 0 to 1: slice by slice, row by row, channels last. */
  readonly image: Float32Array;
  /** `[depth *] height * width` class indices; 255 = ignored. With `labels`, see there. */
  readonly mask: Uint8Array;
  /**
   * Of multilabel samples, where several labels may hold in one pixel: how many there are. The mask then is
   * `[depth *] height * width * labels` of 0 and 1 (255 = ignored), labels last.
   */
  readonly labels?: number;
  /** Distances of neighboring pixels in mm, in the order of the axes ([depth,] height, width), where they are known. */
  readonly spacing?: readonly number[];
}

/** A sample with three axes: depth, height, width. */
export type Volume = Sample & {
  readonly depth: number;
  readonly spacing: readonly [depth: number, height: number, width: number];
};

/** What a caller of `load` needs of a sample. */
export interface WantedParts {
  /** Height and width that it will resize an image to: a source may give it at that size already, as `resizeSample` would. */
  readonly size?: readonly [height: number, width: number];
  /** Whether it looks at the mask alone: `image` may then be empty. */
  readonly maskOnly?: boolean;
}

/** A sample that is read or generated on demand. */
export interface SampleSource {
  readonly id: string;
  /** @param wanted What the caller needs, which may take less time; a source may ignore it. */
  load(wanted?: WantedParts): Promise<Sample>;
  /** Files and reader as plain data, where the sample comes from files: what the loader sends to its threads. */
  readonly origin?: { readonly reader: string };
}

/** Something that one should know about a data set, or that keeps it from being used. */
export interface Finding {
  /** What it is about, for programs. */
  readonly kind: string;
  /** For people: the files, the cause, the remedy. */
  readonly message: string;
}

/** Images with masks, split into training and validation. */
export interface SegmentationDataset {
  readonly name: string;
  /** Names of the label values 0 to K-1; two classes are binary: background, foreground. */
  readonly classes: readonly string[];
  readonly channels: number;
  /** Of volumes with a file for each channel, found by patterns: what tells their names apart, as `t1` and `t2`. */
  readonly channelNames?: readonly string[];
  /** Whether several of the classes may hold in one pixel, none of which is background; see `Sample.labels`. */
  readonly multilabel?: boolean;
  readonly train: readonly SampleSource[];
  readonly val: readonly SampleSource[];
  /** Which class is background: 0, or null for none, as in street scenes, where class 0 is a class as any other. */
  readonly background: 0 | null;
  /** What was found, and what was done to the labels. */
  readonly description: string;
  /** How mask values become labels, decided over all masks. */
  readonly labelRule: string;
  /** What one should know before one uses the data: lists that overlap, classes without pixels, masks that had to be interpreted. */
  readonly warnings: readonly Finding[];
  /** What keeps the data from being used for training; see `assertTrainable`. */
  readonly faults: readonly Finding[];
}

/** The label value of pixels that count in no loss and no metric. */
export const IGNORED = 255;
