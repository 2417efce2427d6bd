import { readFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import { resizeSample, sliceOf, type Sample, type SampleSource } from '@segloss/data';
import { type CaseScore } from '@segloss/metrics';

import { RunError } from './run-error.js';

/** Longest side of the masks of an example; larger ones are made smaller. */
const LONGEST = 256;

/** RGB bytes of all images of a run together, before they are packed; more images are drawn smaller. */
const IMAGE_BYTES = 1_500_000;

/** Number of examples that are kept; fewer volumes, because each is predicted again. */
const MOST = { images: 48, volumes: 12 };

/** A validation image that a report may show; of a volume, the slice with most voxels of the class. */
export interface ExampleImage {
  readonly id: string;
  /** True proportion of the class, in the image as it was scored. */
  readonly proportion: number;
  /** Size of the masks. */
  readonly height: number;
  readonly width: number;
  /** RGB bytes, packed ({@link unpackBytes}), at a size of their own. */
  readonly image: { readonly height: number; readonly width: number; readonly rgb: string };
  /** Label bytes, packed. */
  readonly truth: string;
  /** Predicted label bytes, packed, of the last and the best weights. */
  readonly predicted: { readonly last: string; readonly best?: string };
}

/** `examples.json`: validation images of every region size, at most 48, with what the run makes of them. */
export interface RunExamples {
  readonly schemaVersion: 2;
  /** Class whose regions were compared: the rarest foreground class of the validation images. */
  readonly label: number;
  /** From the smallest region to the largest. */
  readonly images: readonly ExampleImage[];
}

/** An image that was chosen by its true region. */
export type ChosenImage = Pick<ExampleImage, 'id' | 'proportion'>;

/**
 * Chooses images with the rarest foreground class, all of them or as many as are kept, evenly from the smallest region to the largest. The
 * choice depends on the masks alone, so runs on the same data keep the same images. None is chosen where every pixel is ignored.
 */
export function chooseExamples(
  cases: readonly CaseScore[],
  background: number | null,
  most: number = MOST.images,
): { label: number; chosen: ChosenImage[] } {
  const label = rarestClass(cases, background);
  const sized = cases
    .map(({ id, classes }) => ({
      id,
      proportion: (classes[label]?.target ?? 0) / (classes[label]?.pixels || 1),
    }))
    .filter(({ proportion }) => proportion > 0)
    .sort((a, b) => a.proportion - b.proportion || (a.id < b.id ? -1 : 1));
  if (sized.length <= most) return { label, chosen: sized };
  const place = (i: number) => Math.round((i * (sized.length - 1)) / (most - 1));
  return { label, chosen: Array.from({ length: most }, (_, i) => sized[place(i)]!) };
}

/** How many images, or volumes, a run keeps. */
export const mostExamples = (volumes: boolean): number => (volumes ? MOST.volumes : MOST.images);

function rarestClass(cases: readonly CaseScore[], background: number | null): number {
  const count = cases[0]?.classes.length ?? 0;
  const totals = Array.from({ length: count }, (_, k) =>
    cases.reduce((sum, { classes }) => sum + classes[k]!.target, 0),
  );
  const present = totals.map((_, k) => k).filter((k) => k !== background && totals[k]! > 0);
  return present.reduce((rarest, k) => (totals[k]! < totals[rarest]! ? k : rarest), present[0] ?? 0);
}

/** Packed label bytes of the chosen images, as they are shown, by their ids. */
export type PackedMasks = ReadonlyMap<string, string>;

/** Packs the chosen images. @param predicted Of the last and the best weights, from {@link packMask}. */
export async function packExamples(
  sources: readonly SampleSource[],
  { label, chosen }: ReturnType<typeof chooseExamples>,
  predicted: { readonly last: PackedMasks; readonly best: PackedMasks | undefined },
  original: (sample: Sample) => Sample,
): Promise<RunExamples> {
  const images: ExampleImage[] = [];
  const side = Math.sqrt(IMAGE_BYTES / (3 * Math.max(1, chosen.length)));
  for (const one of chosen) {
    const sample = original(await sources.find(({ id }) => id === one.id)!.load());
    const [height, width] = displaySize(sample, LONGEST);
    const [rows, columns] = displaySize(sample, Math.min(LONGEST, side));
    const small = resizeSample(shown(sample, sample.mask, label), rows, columns);
    const best = predicted.best?.get(one.id);
    images.push({
      ...one,
      ...{ height, width },
      image: { height: rows, width: columns, rgb: packBytes(toRgb(small)) },
      truth: packMask(sample, sample.mask, label),
      predicted: { last: predicted.last.get(one.id)!, ...(best !== undefined && { best }) },
    });
  }
  return { schemaVersion: 2, label, images };
}

/** Packs a mask of a sample, the true or a predicted one, as it is shown. */
export function packMask(sample: Sample, mask: Uint8Array, label: number): string {
  const [height, width] = displaySize(sample, LONGEST);
  return packBytes(resizeSample(shown(sample, mask, label), height, width).mask);
}

/** A sample with another mask; of a volume, one slice. */
function shown(sample: Sample, mask: Uint8Array, label: number): Sample {
  const index = sliceToShow(sample, label);
  return index === undefined ? { ...sample, mask } : sliceOf({ ...sample, mask }, { index });
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

function displaySize({ height, width }: Sample, longest: number): [height: number, width: number] {
  const scale = Math.min(1, longest / Math.max(height, width));
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

/** What segloss wrote before version 2: three images, each named by its region. */
interface FirstExamples {
  readonly schemaVersion: 1;
  readonly label: number;
  readonly images: readonly (Omit<ExampleImage, 'image'> & { readonly image: string })[];
}

/**
 * Reads the `examples.json` of a run, also of version 1, which has three images.
 *
 * @throws {RunError} If there is none, or it is of another version.
 *
 * @example
 * ```ts
 * try {
 *   readExamples('no-such-run/examples.json');
 * } catch (error) {
 *   error.name; // → "RunError"
 * }
 * ```
 */
export function readExamples(file: string): RunExamples {
  let examples: RunExamples | FirstExamples;
  try {
    examples = JSON.parse(readFileSync(file, 'utf8')) as RunExamples | FirstExamples;
  } catch (error) {
    const why = `cannot read ${file}: ${(error as Error).message}; has the run finished?`;
    throw new RunError(why, 'no-scores', { cause: error });
  }
  if (examples.schemaVersion === 2) return examples;
  if (examples.schemaVersion === 1) {
    const images = examples.images.map(({ id, proportion, height, width, image, truth, predicted }) => ({
      ...{ id, proportion, height, width, truth, predicted },
      image: { height, width, rgb: image },
    }));
    return { schemaVersion: 2, label: examples.label, images };
  }
  const { schemaVersion } = examples as { schemaVersion?: unknown };
  throw new RunError(
    `${file}: wanted schemaVersion 1 or 2, got ${JSON.stringify(schemaVersion)}; was it written by another version of segloss?`,
    'no-scores',
  );
}
