import { DataError } from '../errors.js';
import { toLabels, type LabelRule } from './labels.js';
import { distanceOf, type Affine, type NiftiForms } from '../formats/nifti/affine.js';
import { readNifti, type NiftiVolume } from '../formats/nifti/read.js';
import { type Sample, type Volume } from '../samples/sample.js';
import { sliceOf, type SliceAxis } from '../samples/slices.js';
import { versionOf } from './versions.js';

/** Values that become 0 and 1; what lies outside is held there. */
export type Window = readonly [low: number, high: number];

/** The files of a volume: one image, or one for each channel, and the labels. */
export interface VolumeFiles {
  readonly id: string;
  readonly images: readonly string[];
  readonly label: string;
  readonly rule: LabelRule;
  /** Default: percentiles 0.5 and 99.5 of each channel of the volume. */
  readonly window?: Window;
}

/** A slice of a volume. */
export interface SliceFiles extends VolumeFiles {
  readonly axis: SliceAxis;
  readonly index: number;
}

/** Reads a volume; sizes, places and labels are checked. */
export async function readVolume({ id, images, label, rule, window }: VolumeFiles): Promise<Volume> {
  const labels = await readNifti(label);
  if (labels.channels > 1) {
    throw new DataError(
      `wanted one label for each voxel, got ${labels.channels} in ${label}; save one volume of class numbers`,
      'bad-label',
    );
  }
  const mask = toLabels(label, labelValues(label, labels), rule);
  const volume = await readChannels(id, images, label, labels, window);
  return { ...volume, mask };
}

/**
 * Returns the label numbers of a volume. Programs that edit labels as floating-point numbers save them as integers with a scale in the
 * header (scl_slope), which makes 1 a 1.00000002: what is within the rounding of such a scale is the whole number.
 *
 * @param path For messages. @param volume Of `readNifti`.
 * @throws {DataError} `bad-label`, naming scl_slope, if scaled values are no whole numbers.
 *
 * @example
 * ```ts
 * labelValues('a.nii', { values: Float64Array.of(0, 1.00000002), slope: 0.00006, intercept: 1 }); // → [0, 1]
 * ```
 */
export function labelValues(
  path: string,
  { values, slope, intercept }: Pick<NiftiVolume, 'values' | 'slope' | 'intercept'>,
): ArrayLike<number> {
  if (slope === 1 && Number.isInteger(intercept)) return values;
  const [step, finest] = [Math.abs(slope) / 2, 1e-6];
  const tolerance = slope !== 1 && 2 * step <= COARSEST_SLOPE ? step + finest : finest;
  return Float64Array.from(values as ArrayLike<number>, (value) => {
    const label = Math.round(value);
    if (Math.abs(value - label) <= tolerance + finest * Math.abs(value)) return label;
    throw new DataError(
      `wanted class numbers in ${path}, got ${value}: its header scales the stored values (scl_slope ${slope}, ` +
        `scl_inter ${intercept}); save the labels as integers without a scale`,
      'bad-label',
    );
  });
}

/** Coarser steps are no scale that a program chose to keep floating-point labels. */
const COARSEST_SLOPE = 0.05;

/**
 * Reads a volume without labels, for a model to predict: its mask is all 0.
 *
 * @param images One NIfTI file, or one for each channel, of one geometry.
 * @param options `window`: values that become 0 and 1; default: percentiles 0.5 and 99.5 of each channel.
 * @returns The volume, its affine, and `forms`, with which `writeNifti` gives its prediction the same place.
 * @throws {DataError} `unreadable`, or `size-mismatch` of the channels.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const file = `${tmpdir()}/segloss-example-image.nii`;
 * await writeNifti(file, Uint8Array.of(0, 50, 100, 25), { shape: [1, 2, 2] });
 * const { volume } = await readImageVolume([file], { window: [0, 100] });
 * Array.from(volume.image); // → [0, 0.5, 1, 0.25]
 * ```
 */
export async function readImageVolume(
  images: readonly string[],
  { window }: { window?: Window } = {},
): Promise<{ volume: Volume; affine: Affine; forms: NiftiForms }> {
  const [first] = images;
  if (first === undefined) throw new RangeError('readImageVolume: wanted one or more files, got none');
  const geometry = await readNifti(first);
  const volume = await readChannels(first, images, first, geometry, window);
  return { volume, affine: geometry.affine, forms: geometry.forms };
}

async function readChannels(
  id: string,
  images: readonly string[],
  reference: string,
  geometry: NiftiVolume,
  window: Window | undefined,
): Promise<Volume> {
  const parts: Float32Array[] = [];
  for (const path of images) {
    const image = path === reference ? geometry : await readNifti(path);
    sameGeometry(path, image, reference, geometry);
    parts.push(...channelsOf(image).map((values) => windowed(values, window ?? percentiles(values))));
  }
  const [depth, height, width] = geometry.shape;
  const mask = new Uint8Array(depth * height * width);
  const { spacing } = geometry;
  return { id, depth, height, width, channels: parts.length, image: interleaved(parts), mask, spacing };
}

function sameGeometry(image: string, a: NiftiVolume, label: string, b: NiftiVolume): void {
  if (a.shape.some((size, i) => size !== b.shape[i])) {
    throw new DataError(
      `wanted image and labels of one size, got ${a.shape.join('x')} in ${image} and ${b.shape.join('x')} in ${label}; ` +
        "resample the labels to the image's voxels",
      'size-mismatch',
    );
  }
  if (!(a.placed && b.placed)) {
    // One of them does not say where it is, but both how large their voxels are; HD95 and resampling go by it.
    if (a.spacing.every((side, axis) => Math.abs(side / b.spacing[axis]! - 1) < 0.01)) return;
    const mm = ({ spacing, placed }: NiftiVolume) => `${spacing.join(' x ')} mm${placed ? '' : ' (without a place)'}`; // prettier-ignore
    throw new DataError(
      `wanted image and labels of one spacing, got ${mm(a)} in ${image} and ${mm(b)} in ${label}; correct the header of the one that is wrong`,
      'size-mismatch',
    );
  }
  const apart = distanceOf(a.affine, b.affine, a.shape);
  if (apart <= Math.min(...a.spacing) / 2) return;
  throw new DataError(
    `wanted image and labels in one place, but voxels of ${image} and ${label} lie up to ${apart.toFixed(1)} mm apart ` +
      "by their affines; resample the labels to the image's voxels, or correct the header",
    'size-mismatch',
  );
}

function channelsOf({ values, channels }: NiftiVolume): ArrayLike<number>[] {
  const voxels = values.length / channels;
  return Array.from({ length: channels }, (_, c) => values.subarray(c * voxels, (c + 1) * voxels));
}

function windowed(values: ArrayLike<number>, [low, high]: Window): Float32Array {
  const range = high - low;
  return Float32Array.from(values, (value) => {
    const share = range > 0 ? (value - low) / range : 0;
    return share > 0 ? Math.min(share, 1) : 0; // NaN, as some scanners write outside of the body, becomes 0
  });
}

/** Percentiles 0.5 and 99.5 of at most 100 000 voxels, evenly spaced. */
function percentiles(values: ArrayLike<number>): Window {
  const step = Math.ceil(values.length / 1e5);
  const drawn = new Float64Array(Math.ceil(values.length / step));
  for (let i = 0; i < drawn.length; i++) drawn[i] = values[i * step]!;
  const sorted = drawn.filter(Number.isFinite).sort();
  if (sorted.length === 0) return [0, 0];
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return [at(0.005), at(0.995)];
}

function interleaved(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const result = new Float32Array(parts.length * parts[0]!.length);
  parts.forEach((part, c) => part.forEach((value, i) => (result[i * parts.length + c] = value)));
  return result;
}

/** Volumes whose slices are asked for one after the other are not read anew each time: the last two are kept. */
const KEPT = 2;
const kept = new Map<string, Promise<Volume>>();

/** Reads a slice of a volume. */
export async function readSlice({ axis, index, ...files }: SliceFiles): Promise<Sample> {
  const { images, label, window } = files;
  const key = `${versionOf([...images, label])}|${String(window)}|${files.rule.table.join()}`;
  const volume = kept.get(key) ?? readVolume(files);
  kept.delete(key);
  kept.set(key, volume);
  for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
  try {
    return sliceOf(await volume, { axis, index });
  } catch (error) {
    kept.delete(key);
    throw error;
  }
}
