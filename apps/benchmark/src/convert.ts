import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import {
  DataError,
  IGNORED,
  openDataset,
  type OpenDatasetOptions,
  type Sample,
  type SampleSource,
  type SegmentationDataset,
} from '@segloss/data';
import { OutputError, OutputFolder } from '@segloss/trainer';
import { encode } from 'fast-png';

import { forNnunet, isVolume, writeVolumes, type Renamed, type Written } from './convert-volumes.js';

/** How the copy of a data set is laid out. */
export const LAYOUTS = ['folders', 'nnunet'] as const;
export type TargetLayout = (typeof LAYOUTS)[number];

/** What {@link convertDataset} read and wrote. */
export interface Conversion extends Written {
  readonly source: string;
  readonly target: string;
  readonly layout: TargetLayout;
  /** What the numbers of `train` and `val` count. */
  readonly unit: 'images' | 'volumes';
}

/** Where an image and its mask go, from the target. */
interface Plan {
  readonly source: SampleSource;
  readonly name: string;
  readonly image: string;
  readonly mask: string;
}

/**
 * Writes a data set of any layout anew: as `images/` and `masks/` with `classes.txt` and the split, or as nnU-Net has it. Image files are copied as they are
 * (`folders`), or written as PNG (`nnunet`). Masks are PNG of class indices. Volumes stay NIfTI of the same values, places and spacings, one file for each channel
 * (`nnunet` alone). What can be read again is read and compared.
 *
 * @param source Folder of the data set; it is only read. @param target A folder that is not there, or empty. It appears when everything is written.
 * @throws {OutputError} If the target is not empty, or lies in the source. @throws {DataError} If the data cannot be used, or are volumes and the layout is `folders`.
 */
export async function convertDataset(
  source: string,
  target: string,
  { layout, ...files }: { readonly layout: TargetLayout } & Pick<OpenDatasetOptions, 'images' | 'masks'>,
): Promise<Conversion> {
  new OutputFolder(target, { reads: [source] }); // refuses the source, and folders in it
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new OutputError(`${target}: exists and is not empty; choose another folder for the copy`);
  }
  const dataset = await openDataset(source, files);
  const fault = dataset.faults.find(({ kind }) => kind !== 'no-data' && kind !== 'no-foreground');
  if (fault !== undefined) throw new DataError(fault.message, 'invalid');
  const draft = `${path.resolve(target)}.segloss-draft`;
  rmSync(draft, { recursive: true, force: true }); // of a command that was stopped
  if ([...dataset.train, ...dataset.val].some(isVolume)) {
    if (layout === 'folders') throw new DataError(`${dataset.name} holds volumes, whose spacing images of slices cannot keep; write them with --to nnunet`, 'invalid'); // prettier-ignore
    const written = await writeVolumes(source, draft, files);
    publish(draft, target);
    return { source, target, layout, unit: 'volumes', ...written };
  }
  const plans = plansOf(dataset, layout);
  const { labels: all, rename } = layout === 'folders' ? inOrder(dataset) : forNnunet(dataset);
  let ignores = false;
  for (const plan of plans) ignores = (await writeSample(draft, plan, { layout, rename })) || ignores;
  // nnU-Net trains otherwise where a label is to be ignored: it is named where there is one
  const labels = ignores ? all : Object.fromEntries(Object.entries(all).slice(0, -1));
  const split = Object.fromEntries((['train', 'val'] as const).map((part) => [part, dataset[part].map(({ id }) => nameOf(id))])) as Record<'train' | 'val', string[]>; // prettier-ignore
  if (layout === 'folders') writeLists(draft, dataset, split);
  else writeNnunet(draft, dataset, { labels, split, count: plans.length });
  const warnings = layout === 'folders' ? await compared(draft, dataset, plans) : [];
  publish(draft, target);
  const { description } = dataset;
  return { source, target, layout, unit: 'images', description, train: split.train.length, val: split.val.length, labels, warnings: [...dataset.warnings.map(({ message }) => message), ...warnings] }; // prettier-ignore
}

/** Gives a complete copy its name. */
function publish(draft: string, target: string): void {
  if (existsSync(target)) rmdirSync(target);
  renameSync(draft, target);
}

/** Names of files: folders in a name become part of it. */
const nameOf = (id: string): string => id.replace(/[\\/]+/g, '_');

function plansOf({ train, val, name: dataset }: SegmentationDataset, layout: TargetLayout): Plan[] {
  const taken = new Map<string, string>();
  return [...new Map([...train, ...val].map((source) => [source.id, source])).values()].map((source) => {
    const { id, origin } = source;
    const file = (origin as { image?: string } | undefined)?.image;
    if (file === undefined) {
      throw new DataError(`${dataset} holds samples that are no image files; convert a folder of images or volumes`, 'invalid'); // prettier-ignore
    }
    const name = nameOf(id);
    const other = taken.get(name);
    if (other !== undefined) throw new DataError(`${other} and ${id} would both become ${name}; rename one`, 'invalid'); // prettier-ignore
    taken.set(name, id);
    return layout === 'folders'
      ? { source, name, image: `images/${name}${path.extname(file)}`, mask: `masks/${name}.png` }
      : { source, name, image: `imagesTr/${name}_0000.png`, mask: `labelsTr/${name}.png` };
  });
}

function inOrder({ classes }: SegmentationDataset): Renamed {
  return {
    labels: Object.fromEntries([...classes.entries(), [IGNORED, 'ignored']] as [number, string][]),
    rename: (label) => label,
  };
}

/** @returns Whether some of its pixels are ignored. */
async function writeSample(
  draft: string,
  { source, image, mask }: Plan,
  { layout, rename }: { layout: TargetLayout; rename: Renamed['rename'] },
): Promise<boolean> {
  const sample = await source.load();
  const { width, height } = sample;
  for (const file of [image, mask]) mkdirSync(path.dirname(path.join(draft, file)), { recursive: true });
  if (layout === 'folders')
    copyFileSync((source.origin as unknown as { image: string }).image, path.join(draft, image)); // prettier-ignore
  else writeFileSync(path.join(draft, image), pngOf(sample));
  const data = Uint8Array.from(sample.mask, rename);
  writeFileSync(path.join(draft, mask), encode({ width, height, data, channels: 1, depth: 8 }));
  return sample.mask.includes(IGNORED);
}

/** 8 bits where they hold every value, else 16. */
function pngOf({ width, height, channels, image }: Sample): Uint8Array {
  const eight = image.every((value) => Math.abs(255 * value - Math.round(255 * value)) < 1e-3);
  const scale = eight ? 255 : 65535;
  const values = new (eight ? Uint8Array : Uint16Array)(image.length);
  image.forEach((value, i) => (values[i] = Math.round(scale * value)));
  return encode({ width, height, data: values, channels, depth: eight ? 8 : 16 });
}

const lines = (names: readonly string[]) => names.map((name) => `${name}\n`).join('');

function writeLists(
  draft: string,
  { classes }: SegmentationDataset,
  split: Record<'train' | 'val', string[]>,
): void {
  writeFileSync(path.join(draft, 'classes.txt'), lines(classes));
  if (split.train.length === 0 || split.val.length === 0) return; // an empty list does not count
  for (const part of ['train', 'val'] as const) writeFileSync(path.join(draft, `${part}.txt`), lines(split[part])); // prettier-ignore
}

/** @see nnU-Net's page "dataset format". */
function writeNnunet(
  draft: string,
  { channels, classes, background }: SegmentationDataset,
  { labels, split, count }: { labels: Renamed['labels']; split: Record<'train' | 'val', string[]>; count: number }, // prettier-ignore
): void {
  const named = Object.entries(labels).map(([value, name]): [string, number] => [name, Number(value)]);
  if (new Set(named.map(([name]) => name)).size < named.length) {
    throw new DataError(`nnU-Net calls label 0 "background" and the ignored one "ignore", got the classes ${classes.join(', ')} ${background === 0 ? '' : '(no background) '}too; rename one`, 'invalid'); // prettier-ignore
  }
  const names = channels === 3 ? ['R', 'G', 'B'] : ['gray'];
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  writeFileSync(
    path.join(draft, 'dataset.json'),
    json({
      channel_names: Object.fromEntries(names.map((name, i) => [i, name])),
      labels: Object.fromEntries(named),
      numTraining: count,
      file_ending: '.png',
    }),
  );
  writeFileSync(path.join(draft, 'splits_final.json'), json([split]));
}

/** Reads the copy, and compares classes, split and every label. @returns What one should know. */
async function compared(
  draft: string,
  dataset: SegmentationDataset,
  plans: readonly Plan[],
): Promise<string[]> {
  const copy = await openDataset(draft);
  const differs = (what: string) => new Error(`convert: the copy in ${draft} has other ${what} than the data set; please report it`); // prettier-ignore
  if (copy.classes.join('\n') !== dataset.classes.join('\n')) throw differs('classes');
  const copies = new Map([...copy.train, ...copy.val].map((source) => [source.id, source]));
  if (copies.size !== plans.length) throw differs('images');
  const hasLists = dataset.train.length > 0 && dataset.val.length > 0;
  if (hasLists && copy.val.map(({ id }) => id).join('\n') !== dataset.val.map(({ id }) => nameOf(id)).join('\n')) throw differs('parts'); // prettier-ignore
  for (const { source, name } of plans) {
    const twin = copies.get(name);
    if (twin === undefined) throw differs(`names: ${name} is missing`);
    const [one, two] = [await source.load(), await twin.load()];
    if (!Buffer.from(one.mask).equals(Buffer.from(two.mask))) throw differs(`labels in ${name}`);
  }
  return [
    ...(hasLists ? [] : ['all images are in one part: the copy has no lists, and is split by a seed where it is trained']), // prettier-ignore
    ...(copy.background === dataset.background ? [] : [`pass data.background: ${dataset.background ?? 'none'} to trainings on the copy: its class names do not show it`]), // prettier-ignore
  ];
}
