import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import {
  DataError,
  encodeNifti,
  IGNORED,
  openDataset,
  readNifti,
  splitNiftiChannels,
  type OpenDatasetOptions,
  type Sample,
  type SampleSource,
  type SegmentationDataset,
} from '@segloss/data';

/** What was read and written. */
export interface Written {
  /** Which layout was read, and how its labels are. */
  readonly description: string;
  readonly train: number;
  readonly val: number;
  /** The class of each value in the masks that were written. */
  readonly labels: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** What becomes of the labels 0, 1, ... and 255. */
export interface Renamed {
  readonly labels: Readonly<Record<string, string>>;
  readonly rename: (label: number) => number;
}

/** nnU-Net calls 0 the background, and ignores the highest label if it is called so. */
export function forNnunet({ classes, background }: SegmentationDataset): Renamed {
  const named = background === 0 ? ['background', ...classes.slice(1)] : ['background', ...classes];
  const shift = background === 0 ? 0 : 1;
  return {
    labels: Object.fromEntries([...named, 'ignore'].map((name, label) => [label, name])),
    rename: (label) => (label === IGNORED ? named.length : label + shift),
  };
}

/** The files of a volume, as `openDataset` finds them. */
interface VolumeOrigin {
  readonly images: readonly string[];
  readonly label: string;
}

/** Whether a sample is a volume, or a slice of one. */
export const isVolume = ({ origin }: SampleSource): boolean => origin?.reader === 'volume' || origin?.reader === 'slice'; // prettier-ignore

const SPLITS = 'splits_final.json';

/**
 * Writes volumes in the layout of nnU-Net 2: one file for each channel with the values, the place and the spacing of the source, labels of
 * class indices with the place of the source's, names of channels and folds. All of it is read again and compared.
 *
 * @param draft A folder that is not there.
 */
export async function writeVolumes(
  source: string,
  draft: string,
  files: Pick<OpenDatasetOptions, 'images' | 'masks'>,
): Promise<Written> {
  const whole = await openDataset(source, { ...files, volumes: 'whole' });
  const { classes, train, val, description } = whole;
  const volumes = [...train, ...val];
  const { labels: all, rename } = forNnunet(whole);
  const own = files.images === undefined; // a description of the folder is one of other files
  if (classes.includes('ignore')) throw new DataError('nnU-Net calls the ignored label "ignore", got a class of that name; rename it', 'invalid'); // prettier-ignore
  for (const folder of ['imagesTr', 'labelsTr']) mkdirSync(path.join(draft, folder), { recursive: true });
  let ignores = false;
  for (const volume of volumes) {
    const { images, label } = volume.origin as unknown as VolumeOrigin;
    const { mask, depth, height, width } = (await volume.load()) as Required<Sample>;
    ignores ||= mask.includes(IGNORED);
    await writeChannels(path.join(draft, 'imagesTr', volume.id), images);
    const labels = mask.map(rename);
    const { forms } = await readNifti(label);
    const bytes = encodeNifti(labels, { shape: [depth, height, width], forms });
    writeFileSync(path.join(draft, 'labelsTr', `${volume.id}.nii.gz`), gzipSync(bytes));
  }
  const named = Object.values(all).slice(0, ignores ? undefined : -1);
  const json = (name: string, value: unknown) => writeFileSync(path.join(draft, name), `${JSON.stringify(value, undefined, 2)}\n`); // prettier-ignore
  json('dataset.json', {
    channel_names: channelNames(whole, own ? source : undefined),
    labels: Object.fromEntries(named.map((name, label) => [name, label])),
    numTraining: volumes.length,
    file_ending: '.nii.gz',
  });
  const folds = (own ? foldsOf(source) : undefined) ?? [
    { train: train.map(({ id }) => id), val: val.map(({ id }) => id) },
  ];
  json(SPLITS, folds);
  await compare(draft, whole, { volumes, rename });
  const warnings = whole.warnings.map(({ message }) => message).filter((text) => !text.startsWith(SPLITS));
  return {
    ...{ description, train: folds[0]!.train.length, val: folds[0]!.val.length },
    labels: Object.fromEntries(named.map((name, label) => [label, name])),
    warnings: [...warnings, ...(own ? testImages(source) : [])],
  };
}

interface Fold {
  readonly train: readonly string[];
  readonly val: readonly string[];
}

/** The folds of the source; undefined where it has none. @throws {DataError} If the file holds something else. */
function foldsOf(source: string): readonly Fold[] | undefined {
  const file = path.join(source, SPLITS);
  if (!existsSync(file)) return undefined;
  const folds = JSON.parse(readFileSync(file, 'utf8')) as unknown;
  const isList = (list: unknown) => Array.isArray(list) && list.every((id) => typeof id === 'string');
  const isFold = (fold: unknown): fold is Fold => typeof fold === 'object' && fold !== null && isList((fold as Fold).train) && isList((fold as Fold).val); // prettier-ignore
  if (Array.isArray(folds) && folds.length > 0 && folds.every(isFold)) return folds;
  throw new DataError(`wanted a list of folds with train and val in ${file}, got something else; correct it, or move it away`, 'invalid'); // prettier-ignore
}

/** Files of one channel are copied as they are, if they are compressed. */
async function writeChannels(stem: string, images: readonly string[]): Promise<void> {
  let channel = 0;
  const next = () => `${stem}_${String(channel++).padStart(4, '0')}.nii.gz`;
  for (const image of images) {
    const parts = await splitNiftiChannels(image);
    if (parts.length === 1 && image.endsWith('.gz')) copyFileSync(image, next());
    else for (const part of parts) writeFileSync(next(), gzipSync(part));
  }
}

/** By their numbers, as the source calls them: nnU-Net normalizes CT in another way. */
function channelNames(
  { channels, channelNames: known }: SegmentationDataset,
  source: string | undefined,
): Record<string, string> {
  if (source === undefined) {
    return Object.fromEntries(Array.from({ length: channels }, (_, i) => [i, known?.[i] ?? `channel ${i}`]));
  }
  const { channel_names: two, modality: one } = JSON.parse(
    readFileSync(path.join(source, 'dataset.json'), 'utf8'),
  ) as Record<'channel_names' | 'modality', Record<string, string> | undefined>;
  return two ?? one ?? Object.fromEntries(Array.from({ length: channels }, (_, i) => [i, `channel ${i}`]));
}

function testImages(source: string): string[] {
  const folder = path.join(source, 'imagesTs');
  const count = existsSync(folder) ? readdirSync(folder).filter((name) => /\.nii(\.gz)?$/i.test(name) && !name.startsWith('.')).length : 0; // prettier-ignore
  return count === 0 ? [] : [`the ${count} files of imagesTs have no labels and are not copied`];
}

/** @throws {Error} If anything that was read is not in the copy. */
async function compare(
  draft: string,
  { classes }: SegmentationDataset,
  { volumes, rename }: { readonly volumes: readonly SampleSource[]; readonly rename: Renamed['rename'] },
): Promise<void> {
  const copy = await openDataset(draft, { volumes: 'whole' });
  const differs = (what: string) => new Error(`convert: the copy in ${draft} has other ${what} than the data set; please report it`); // prettier-ignore
  const copies = new Map([...copy.train, ...copy.val].map((one) => [one.id, one]));
  if (copy.classes.length !== classes.length + rename(0)) throw differs('classes');
  const label = (one: number) => (one === IGNORED ? IGNORED : rename(one));
  if (copies.size !== volumes.length) throw differs('volumes');
  const bytes = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array) => Buffer.from(buffer, byteOffset, byteLength); // prettier-ignore
  for (const volume of volumes) {
    const twin = copies.get(volume.id);
    if (twin === undefined) throw differs(`names: ${volume.id} is missing`);
    const [one, two] = [await volume.load(), await twin.load()];
    if (!bytes(one.mask.map(label)).equals(bytes(two.mask))) throw differs(`labels in ${volume.id}`);
    if (!bytes(one.image).equals(bytes(two.image))) throw differs(`values in ${volume.id}`);
    // Headers of NIfTI-1 have seven digits.
    if (!one.spacing!.every((side, axis) => Math.abs(side / two.spacing![axis]! - 1) < 1e-5)) throw differs(`spacing in ${volume.id}`); // prettier-ignore
  }
}
