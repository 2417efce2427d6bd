import { type CocoOptions } from '../formats/coco/mask.js';
import { type LabelMap, type LabelRule } from '../read/labels.js';
import { type Window } from '../read/volumes.js';
import { randomStream, shuffled } from '../samples/random.js';
import { type SampleSource } from '../samples/sample.js';
import { type SliceAxis } from '../samples/slices.js';

/** Options of {@link openDataset}. */
export interface OpenDatasetOptions extends CocoOptions {
  /** Seed of the split, where the folder has none of its own. Default 1. */
  seed?: number;
  /** Share of validation images, where the folder has no split of its own. Default 0.2. */
  valShare?: number;
  /**
   * Replaces mask values before they are read as labels: `{ 255: 1 }` reads 255 as label 1. Default: what the file
   * `label-map.json` of the folder says, if there is one. For layouts whose masks hold class numbers, or black and white.
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
  /**
   * Finds images or NIfTI volumes by a pattern of their paths from the folder, as in `img/*.jpg`, instead of by a layout: `*` is any part of a
   * name, `**` any folders, `{name}` what pairs image and mask (default: the name of the file without extension). Volumes that fit one mask by
   * `*` are its channels, as in `{name}/{name}_*.nii.gz`. Only with `masks`.
   */
  images?: string;
  /** The pattern of the masks, as in `gt/{name}_1stHO.png`. Only with `images`. */
  masks?: string;
  /** Which class is background: 0, or null for none; default: by the layout and the names of the classes. */
  background?: 0 | null;
}

/** Which options only some layouts take. */
export type LayoutOption = Exclude<keyof OpenDatasetOptions, 'seed' | 'valShare' | 'background'>;

/** What a layout is opened with. */
export type LayoutOptions = OpenDatasetOptions & { seed: number; valShare: number };

/** An image or volume with its masks, before its label rule is decided. */
export interface Item {
  readonly id: string;
  readonly image: string;
  /** Mask files; with `presence`, one for each label, undefined where the label is absent. */
  readonly masks: readonly (string | undefined)[];
  /** Of volumes that are sliced: across which axis. */
  readonly axis?: SliceAxis;
  /** Of drawn masks: how many objects each class has. */
  readonly objects?: readonly number[];
  sources(rule: LabelRule, channels: number): readonly SampleSource[] | Promise<readonly SampleSource[]>;
}

/** What the values of masks mean. */
export type Labels =
  | {
      /** Two classes, whose values are decided by what all masks hold. */
      readonly kind: 'black-and-white';
      readonly foreground: string;
      /** Whether the layout says that 255 is the foreground; else 255 beside 1 is ignored. */
      readonly whiteIsForeground: boolean;
    }
  /** Class numbers. */
  | { readonly kind: 'numbers'; readonly rule: LabelRule; readonly said: string }
  /** A file for each label, or for each part of the one foreground. */
  | { readonly kind: 'presence'; readonly said: string }
  /** Masks are drawn from a file of annotations. */
  | { readonly kind: 'drawn'; readonly said: string };

/** What a layout found in a folder. */
export interface Found {
  readonly classes: readonly string[];
  readonly background: 0 | null;
  readonly multilabel?: boolean;
  /** Undefined: 3 if any image has colors, else 1. */
  readonly channels?: number;
  readonly channelNames?: readonly string[];
  readonly train: readonly Item[];
  readonly val: readonly Item[];
  /** Whether the split is by the seed. */
  readonly seeded: boolean;
  readonly labels: Labels;
  /** What else was done, for the description. */
  readonly said?: string;
  /** The options that mean something to what was found; default: those of the layout. */
  readonly takes?: readonly LayoutOption[];
  /** What the items are called; default "images". */
  readonly unit?: string;
  readonly warnings?: readonly string[];
}

/** A way in which images and masks lie in folders. */
export interface Layout {
  readonly name: string;
  /** What it looks like, for messages. */
  readonly looks: string;
  /** The options that mean something to it. */
  readonly takes: readonly LayoutOption[];
  /** What is there, or undefined if the folder is not laid out so. */
  open(folder: string, options: LayoutOptions): Promise<Found | undefined>;
}

/** A seeded split, each part in the order of the names. */
export function splitItems<T extends { readonly id: string }>(
  items: readonly T[],
  { seed, valShare }: Pick<LayoutOptions, 'seed' | 'valShare'>,
): { train: T[]; val: T[]; seeded: true } {
  const order = shuffled(items, randomStream(seed).fork('split'));
  const val = Math.min(items.length - 1, Math.max(1, Math.round(items.length * valShare)));
  const byId = (a: T, b: T) => (a.id < b.id ? -1 : 1);
  return { train: order.slice(val).sort(byId), val: order.slice(0, val).sort(byId), seeded: true };
}
