/** Of the images with rare regions: the same on every machine. */
export const RARE = {
  size: 32,
  train: 32,
  val: 24,
  proportion: 0.03,
  blur: 3,
  contrast: 0.35,
  noise: 0.12,
  seed: 11,
} as const;

/** Images of a step. */
export const BATCH = 8;
/** Filters of the levels of the U-Net. */
export const WIDTHS = [8, 16, 32] as const;
export const LEARNING_RATE = 3e-3;
