import { type LesionCase, type LesionOptions } from '../components/lesion-case.js';

/** One image or volume to score: label maps and probabilities in row-major order, channels last. */
export interface ScoreCaseOptions {
  /** Name of the case; travels with the scores. */
  id: string;
  /**
   * True labels. Multiclass: one class index per pixel. Multilabel: `[pixels, classes]` with 0 and 1. `ignoreIndex` and negative
   * labels are ignored.
   */
  truth: ArrayLike<number>;
  /** Predicted labels in the layout of `truth`: class indices, or 0 and 1 per class. */
  predicted: ArrayLike<number>;
  /**
   * Probabilities `[pixels, classes]`, each from 0 to 1; in multiclass mode they sum to 1 in every pixel. With two classes
   * `[pixels]` is the probability of the second.
   */
  probabilities?: ArrayLike<number>;
  /** `[height, width]` or `[depth, height, width]`. */
  shape: readonly number[];
  /** Length of a pixel along each axis; HD95 is in its unit. Default 1: HD95 in pixels. */
  spacing?: readonly number[];
  /** Names of the classes. */
  classes: readonly string[];
  /** Index of the background class, or null where every class is a foreground class. Default 0; null in multilabel mode. */
  background?: number | null;
  /** True label of pixels that do not count; default 255. */
  ignoreIndex?: number;
  /** `multiclass` (default): every pixel has one class. `multilabel`: classes may overlap. */
  mode?: 'multiclass' | 'multilabel';
  /**
   * Distances between the surfaces, which take time: `hd95` (default); `all`: also ASSD and the surface Dice at `tolerance`;
   * `none`.
   */
  distances?: 'none' | 'hd95' | 'all';
  /** Tolerance of the surface Dice in the unit of `spacing`; default 1. */
  tolerance?: number;
  /** Also scores the lesions of each foreground class. Default: not. */
  lesions?: LesionOptions;
}

/** What one case says of one class: plain JSON, null where a score is undefined. */
export interface ClassScore {
  /** Pixels that count. */
  readonly pixels: number;
  /** Pixels of the class: true, predicted, and both. */
  readonly target: number;
  readonly predicted: number;
  readonly overlap: number;
  /** Sum of the probabilities of the class over all pixels and over its true pixels; null without probabilities. */
  readonly softPredicted: number | null;
  readonly softOverlap: number | null;
  /** 2·overlap / (target + predicted); null where the class is in neither. */
  readonly dice: number | null;
  /** overlap / (target + predicted - overlap); null where the class is in neither. */
  readonly iou: number | null;
  /** 95th percentile of the Hausdorff distance; null unless the class is in both, and for the background. */
  readonly hd95: number | null;
  /** In the truth, but not predicted at all. */
  readonly missed: boolean;
  /** Predicted, but not in the truth at all. */
  readonly invented: boolean;
  /** Only with `distances: 'all'`: average symmetric surface distance, null like `hd95`. */
  readonly assd?: number | null;
  /** Only with `distances: 'all'`: normalized surface Dice; 0 for a missed or invented class, null where it is in neither. */
  readonly surfaceDice?: number | null;
  /** Only with `lesions`, and never of the background: which lesions are found, missed and invented, and their sizes. */
  readonly lesions?: LesionCase;
}

/** The scores of one case. */
export interface CaseScore {
  readonly id: string;
  /** Pixels that do not count; in multilabel mode the mean over the classes. */
  readonly ignored: number;
  /** One for each class, in the order of `classes`. */
  readonly classes: readonly ClassScore[];
}
