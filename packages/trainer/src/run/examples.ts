import { deflateRawSync, inflateRawSync } from 'node:zlib';

import { resizeSample, sliceOf, type Sample, type SampleSource } from '@segloss/data';
import { type CaseScore } from '@segloss/metrics';

/** Longest side of an example; larger images are made smaller, so that a report of many runs stays small. */
const LONGEST = 256;

/** An image that a report shows; of a volume, the slice with most voxels of the class. */
export interface ExampleImage {
  readonly id: string;
  /** Why it was chosen. */
  readonly region: 'smallest' | 'median' | 'largest';
  /** True proportion of the class, in the image as it was scored. */
  readonly proportion: number;
  readonly height: number;
  readonly width: number;
  /** RGB bytes, packed: {@link unpackBytes}. */
  readonly image: string;
  /** Label bytes, packed. */
  readonly truth: string;
  /** Predicted label bytes, packed, of the last and the best weights. */
  readonly predicted: { readonly last: string; readonly best?: string };
}

/** `examples.json`: three validation images with what the run makes of them. */
export interface RunExamples {
  readonly schemaVersion: 1;
  /** Class whose regions were compared: the rarest foreground class of the validation images. */
  readonly label: number;
  readonly images: readonly ExampleImage[];
}

/** An image that was chosen by its true region. */
export type ChosenImage = Pick<ExampleImage, 'id' | 'region' | 'proportion'>;

/**
 * Chooses the images with the smallest, the median and the largest true region of the rarest foreground class. The choice depends on the
 * masks alone, so runs on the same data show the same images. None is chosen where every pixel is ignored.
 */
export function chooseExamples(
  cases: readonly CaseScore[],
  background: number | null,
): { label: number; chosen: ChosenImage[] } {
  const label = rarestClass(cases, background);
  const sized = cases
    .map(({ id, classes }) => ({
      id,
      proportion: (classes[label]?.target ?? 0) / (classes[label]?.pixels || 1),
    }))
    .filter(({ proportion }) => proportion > 0)
    .sort((a, b) => a.proportion - b.proportion || (a.id < b.id ? -1 : 1));
  const last = sized.length - 1;
  const wanted = { smallest: 0, median: Math.floor(last / 2), largest: last } as const;
  const places = new Map<number, ExampleImage['region']>();
  for (const [region, place] of Object.entries(wanted) as [ExampleImage['region'], number][]) {
    if (place in sized && !places.has(place)) places.set(place, region);
  }
  return { label, chosen: [...places].map(([place, region]) => ({ ...sized[place]!, region })) };
}

function rarestClass(cases: readonly CaseScore[], background: number | null): number {
  const count = cases[0]?.classes.length ?? 0;
  const totals = Array.from({ length: count }, (_, k) =>
    cases.reduce((sum, { classes }) => sum + classes[k]!.target, 0),
  );
  const present = totals.map((_, k) => k).filter((k) => k !== background && totals[k]! > 0);
  return present.reduce((rarest, k) => (totals[k]! < totals[rarest]! ? k : rarest), present[0] ?? 0);
}

/** Packs the chosen images. @param predictedOf Label bytes of an image at its size, of the last and the best weights. */
export async function packExamples(
  sources: readonly SampleSource[],
  { label, chosen }: ReturnType<typeof chooseExamples>,
  predictedOf: (id: string) => { readonly last: Uint8Array; readonly best?: Uint8Array | undefined },
  original: (sample: Sample) => Sample,
): Promise<RunExamples> {
  const images: ExampleImage[] = [];
  for (const one of chosen) {
    const sample = original(await sources.find(({ id }) => id === one.id)!.load());
    const index = sliceToShow(sample, label);
    const shown = (mask: Uint8Array): Sample =>
      index === undefined ? { ...sample, mask } : sliceOf({ ...sample, mask }, { index });
    const [height, width] = displaySize(sample);
    const small = (mask: Uint8Array): Uint8Array => resizeSample(shown(mask), height, width).mask;
    const { last, best } = predictedOf(one.id);
    images.push({
      ...one,
      ...{ height, width },
      image: packBytes(toRgb(resizeSample(shown(sample.mask), height, width))),
      truth: packBytes(small(sample.mask)),
      predicted: { last: packBytes(small(last)), ...(best && { best: packBytes(small(best)) }) },
    });
  }
  return { schemaVersion: 1, label, images };
}

/** Of a volume, the slice with most voxels of a class; undefined of an image. */
function sliceToShow({ depth, mask }: Sample, label: number): number | undefined {
  if (depth === undefined) return undefined;
  const voxels = mask.length / depth;
  const counts = Array.from({ length: depth }, (_, z) =>
    mask.subarray(z * voxels, (z + 1) * voxels).reduce((sum, one) => sum + (one === label ? 1 : 0), 0),
  );
  return counts.indexOf(Math.max(...counts));
}

function displaySize({ height, width }: Sample): [height: number, width: number] {
  const scale = Math.min(1, LONGEST / Math.max(height, width));
  return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
}

/** Values from 0 to 1 as RGB bytes; an image without three channels shows its first one in gray. */
function toRgb({ image, channels, width, height }: Sample): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = image[pixel * channels + (channels === 3 ? c : 0)]!;
      rgb[pixel * 3 + c] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return rgb;
}

/**
 * Packs bytes, an image or a label map, into text for JSON: raw deflate, base64.
 *
 * @example
 * ```ts
 * unpackBytes(packBytes(Uint8Array.of(1, 2, 3))); // → Uint8Array [1, 2, 3]
 * ```
 */
export function packBytes(bytes: Uint8Array): string {
  return deflateRawSync(bytes).toString('base64');
}

/**
 * Unpacks what {@link packBytes} packed.
 *
 * @example
 * ```ts
 * unpackBytes(packBytes(Uint8Array.of(7))).length; // → 1
 * ```
 */
export function unpackBytes(text: string): Uint8Array {
  return new Uint8Array(inflateRawSync(Buffer.from(text, 'base64')));
}
