/** Pixels of each value of a true mask. */
export type Counts = ReadonlyMap<number, number>;

/** Pixels, or summed probabilities, of each label of a prediction. */
export interface PredictedCounts {
  /** Where the truth is not the value that may mean ignored, and where it is. */
  readonly elsewhere: Counts;
  readonly whereIgnored: Counts;
}

/** Of masks with blurred edges, and of those saved as JPEG: what is above is the foreground. */
export const THRESHOLD = 127;
/** At most this share of the pixels lies on blurred edges. */
const MAX_BLUR = 0.25;

/** Whether masks are black and white with blurred edges: gray in between on few pixels, above the middle too. */
export function isBlurred(counts: readonly Counts[]): boolean {
  const values = valuesOf(counts);
  if (!values.has(0) || !values.has(255)) return false;
  const between = [...values].filter((value) => value > 0 && value < 255);
  if (between.length < 3 || !between.some((value) => value > THRESHOLD)) return false;
  if ([...values].some((value) => value > 255)) return false;
  let [all, gray] = [0, 0];
  for (const part of counts) {
    for (const [value, pixels] of part) {
      all += pixels;
      if (value > 0 && value < 255) gray += pixels;
    }
  }
  return gray <= MAX_BLUR * all;
}

/** Every value that is counted. */
export function valuesOf(counts: readonly Counts[]): Set<number> {
  const values = new Set<number>();
  for (const one of counts) for (const value of one.keys()) values.add(value);
  return values;
}
