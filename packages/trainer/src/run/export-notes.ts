import { type OpenRun } from './open-run.js';

/** What one needs to use an exported model: kept in `model.json` as `userDefinedMetadata`, in ONNX as metadata properties. */
export interface ExportNotes {
  readonly classes: readonly string[];
  /** Index of the background class; null where every class counts. */
  readonly background: number | null;
  readonly loss: string;
  /** What logits become probabilities by: one channel for the second of two classes, or one for each class. */
  readonly activation: 'sigmoid' | 'softmax';
  /** What the label of a pixel is. */
  readonly decoding: 'probability above 0.5' | 'most probable class';
  /** Of images with values from 0 to 1: `none`, or the mean and the standard deviation of each channel. */
  readonly normalize: Exclude<OpenRun['config']['data']['normalize'], 'auto'>;
  /** Values of volumes that become 0 and 1: a range, or percentiles of each volume. Null for images. */
  readonly intensityRange: readonly number[] | 'percentiles 0.5 and 99.5' | null;
  /** Voxel distances in mm to which volumes are resampled; null where they keep theirs. */
  readonly spacing: readonly number[] | null;
  /** Whether images are resized to the model's size, or windows of that size slide over them. */
  readonly size: 'resized' | 'windows';
}

/**
 * Describes a run to whoever uses its exported model.
 *
 * @example
 * ```ts
 * const config = parseConfig({ data: { folder: 'demo' }, loss: 'dice' });
 * const notes = exportNotes({ classes: ['no', 'yes'], background: 0, config, inputShape: [64, 64, 1] });
 * notes.activation; // → "sigmoid"
 * notes.decoding; // → "probability above 0.5"
 * ```
 */
export function exportNotes({
  classes,
  background,
  config,
  inputShape,
}: Pick<OpenRun, 'classes' | 'background' | 'config' | 'inputShape'>): ExportNotes {
  const { normalize, volumes = 'slices', intensityRange, spacing } = config.data;
  const binary = classes.length === 2;
  return {
    ...{ classes, background, loss: config.loss, normalize: normalize === 'auto' ? 'none' : normalize },
    activation: binary ? 'sigmoid' : 'softmax',
    decoding: binary ? 'probability above 0.5' : 'most probable class',
    intensityRange: intensityRange ?? (inputShape.length === 4 ? 'percentiles 0.5 and 99.5' : null),
    spacing: spacing ?? null,
    size: volumes === 'patches' ? 'windows' : 'resized',
  };
}
