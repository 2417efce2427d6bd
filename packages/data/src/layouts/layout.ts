import { type CocoOptions } from '../formats/coco/mask.js';
import { type LabelMap } from '../read/labels.js';
import { type SegmentationDataset } from '../samples/sample.js';
import { type SliceAxis } from '../samples/slices.js';
import { type Window } from '../read/volumes.js';

/** Options of {@link openDataset}. */
export interface OpenDatasetOptions extends CocoOptions {
  /** Seed of the split, where the folder has none of its own. Default 1. */
  seed?: number;
  /** Share of validation images, where the folder has no split of its own. Default 0.2. */
  valShare?: number;
  /**
   * Replaces mask values before they are read as labels: `{ 255: 1 }` reads 255 as label 1. Default: what the file
   * `label-map.json` of the folder says, if there is one. For layouts whose masks hold class numbers.
   */
  labelMap?: LabelMap;
  /** Of retinal lesions: a label for each lesion, several of which may hold in one pixel, instead of any lesion; default false. */
  multilabel?: boolean;
  /** Of volumes: 2-D samples, one a slice (default), or whole volumes; `randomCrop` makes patches of them. */
  volumes?: 'slices' | 'whole';
  /** Across which axis volumes are sliced: 0, depth (the third axis of NIfTI, default), 1 height or 2 width. */
  axis?: SliceAxis;
  /** Values of volumes that become 0 and 1, as [-200, 300] for CT in HU; default: percentiles 0.5 and 99.5 of each volume. */
  window?: Window;
}

/** Which options only some layouts take. */
export type LayoutOption = Exclude<keyof OpenDatasetOptions, 'seed' | 'valShare'>;

/** What a layout is opened with. */
export type LayoutOptions = OpenDatasetOptions & { seed: number; valShare: number };

/** A way in which images and masks lie in folders. */
export interface Layout {
  readonly name: string;
  /** What it looks like, for messages. */
  readonly looks: string;
  /** The options that mean something to it. */
  readonly takes: readonly LayoutOption[];
  /** The data set, or undefined if the folder is not laid out so. */
  open(folder: string, options: LayoutOptions): Promise<SegmentationDataset | undefined>;
}
