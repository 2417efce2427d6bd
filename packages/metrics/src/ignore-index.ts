/** The label of pixels that do not count, in every metric by default; the losses have the same. */
export const DEFAULT_IGNORE_INDEX = 255;
