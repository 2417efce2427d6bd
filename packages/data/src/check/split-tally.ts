import { addCounts, labelCounts, noCounts, type LabelCounts } from '../samples/transforms.js';
import { type Sample } from '../samples/sample.js';

/** Upper ends of the bins of region sizes, as shares of the image; the last bin has no end. */
export const REGION_BINS = [0.001, 0.01, 0.1, 0.5] as const;

/** What the images of one part of a data set hold. */
export interface SplitReport {
  /** Images that could be read. */
  readonly samples: number;
  /** Sizes, [depth x] height x width x channels, the most frequent first. */
  readonly sizes: readonly { readonly size: string; readonly samples: number }[];
  /** Pixels of each class. */
  readonly pixels: readonly number[];
  /** Pixels that are ignored; of multilabel samples, of all labels together. */
  readonly ignored: number;
  /** As of {@link classProportions}: share of each class among the pixels that are not ignored; NaN if there are none. */
  readonly proportions: readonly number[];
  /**
   * Of each class: in how many images it is absent, and in how many its share of the pixels that are not ignored is below 0.1 %, 1 %,
   * 10 %, 50 %, and above.
   */
  readonly regionSizes: readonly (readonly number[])[];
}

/** Counts what samples hold; keeps none of them. */
export class SplitTally {
  private samples = 0;
  private readonly sizes = new Map<string, number>();
  private counts: LabelCounts;
  private readonly regions: number[][];

  constructor(private readonly classes: number) {
    this.counts = noCounts(classes);
    this.regions = Array.from({ length: classes }, () => Array<number>(REGION_BINS.length + 2).fill(0));
  }

  add(sample: Sample): void {
    const { depth, height, width, channels } = sample;
    this.samples++;
    const size = [...(depth === undefined ? [] : [depth]), height, width, channels].join('x');
    this.sizes.set(size, (this.sizes.get(size) ?? 0) + 1);
    const own = labelCounts(sample, this.classes);
    this.counts = addCounts(this.counts, own);
    this.regions.forEach((bins, k) => bins[binOf(own.pixels[k]!, own.labelled[k]!)]!++);
  }

  report(): SplitReport {
    const { pixels, labelled, ignored } = this.counts;
    return {
      samples: this.samples,
      sizes: [...this.sizes]
        .map(([size, samples]) => ({ size, samples }))
        .sort((a, b) => b.samples - a.samples || (a.size < b.size ? -1 : 1)),
      pixels,
      ignored,
      proportions: pixels.map((count, k) => count / labelled[k]!),
      regionSizes: this.regions,
    };
  }
}

function binOf(pixels: number, labelled: number): number {
  if (pixels === 0) return 0;
  const bin = REGION_BINS.findIndex((end) => pixels / labelled < end);
  return 1 + (bin === -1 ? REGION_BINS.length : bin);
}
