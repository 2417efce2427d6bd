import { STATISTICS, type StatisticName } from '@segloss/losses';

import { type PixelArrays, type PixelLabels } from './pixels.js';

/** One number for each class. */
export type Row = Float64Array;

/** A row for each statistic. */
export type StatisticRows = Readonly<Record<StatisticName, Row>>;

/** The derivatives dy `[S, B, K]` by the statistics of image `b`, a row for each; zeros for those that are not asked for. */
export function derivativeRows(
  dy: Float32Array,
  statistics: readonly StatisticName[],
  { b, batch, classes }: { b: number; batch: number; classes: number },
): StatisticRows {
  const rows = STATISTICS.map((name) => {
    const at = (statistics.indexOf(name) * batch + b) * classes;
    return [name, at < 0 ? new Float64Array(classes) : Float64Array.from(dy.subarray(at, at + classes))];
  });
  return Object.fromEntries(rows) as StatisticRows;
}

/** What a pixel adds to the sums of each statistic. */
export type AddTable<Pixel> = Readonly<Partial<Record<StatisticName, (sum: Row, pixel: Pixel) => void>>>;

/**
 * The sums of statistics over the pixels of each image that are not ignored, into out `[S, B, K]`, in float64. `read` brings what
 * `add` wants of a pixel, whose logits begin at `at`.
 */
export function sumStatistics<Pixel extends { readonly labels: PixelLabels }>(
  { batch, pixels, classes, validChannels }: PixelArrays,
  statistics: readonly StatisticName[],
  add: AddTable<Pixel>,
  pixel: Pixel,
  out: Float32Array,
  read: (at: number) => void,
): void {
  const { labels } = pixel;
  // Where no channel can be ignored for itself, all classes have the same count.
  const countsPixels = (name: StatisticName) => name === 'count' && validChannels === 1;
  const adds = statistics.map((name) => (countsPixels(name) ? undefined : add[name]));
  for (let b = 0; b < batch; b++) {
    const sums = statistics.map(() => new Float64Array(classes));
    const addPixel = (i: number) => {
      if (!labels.read(i)) return;
      read(i * classes);
      for (let j = 0; j < adds.length; j++) adds[j]?.(sums[j]!, pixel);
    };
    labels.seen = 0;
    for (let i = b * pixels; i < (b + 1) * pixels; i++) addPixel(i);
    sums.forEach((sum, j) => {
      if (countsPixels(statistics[j]!)) sum.fill(labels.seen);
      out.set(sum, (j * batch + b) * classes);
    });
  }
}
