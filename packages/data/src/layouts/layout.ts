import { type SegmentationDataset } from '../types.js';

/** Options of {@link openDataset}. */
export interface OpenDatasetOptions {
  /** Seed of the split, where the folder has none of its own. Default 1. */
  seed?: number;
  /** Share of validation images, where the folder has no split of its own. Default 0.2. */
  valShare?: number;
}

/** A way in which images and masks lie in folders. */
export interface Layout {
  readonly name: string;
  /** What it looks like, for messages. */
  readonly looks: string;
  /** The data set, or undefined if the folder is not laid out so. */
  open(folder: string, options: Required<OpenDatasetOptions>): Promise<SegmentationDataset | undefined>;
}
