import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { DataError } from '../errors.js';
import { indexLabels, listedLabels, mappedLabels, type LabelRule } from '../read/labels.js';
import { readNiftiHeader } from '../formats/nifti/read.js';
import { sourceOf } from '../read/origin.js';
import { IGNORED, type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { exists, list, splitItems, unpaired } from './files.js';
import { type Layout, type LayoutOptions } from './layout.js';

/**
 * Volumes of the Medical Segmentation Decathlon and of nnU-Net (`dataset.json` of version 1 and 2). Whole cases go to
 * training or validation, never slices of one case to both.
 *
 * @see Antonelli et al., "The Medical Segmentation Decathlon", Nature Communications 2022; Isensee et al., "nnU-Net", Nature
 *   Methods 2021, and its page "dataset format".
 */
export const nnunet: Layout = {
  name: 'MSD/nnU-Net',
  looks: 'dataset.json imagesTr/CASE.nii.gz (or CASE_0000.nii.gz, one a channel) labelsTr/CASE.nii.gz',
  takes: ['labelMap', 'volumes', 'axis', 'window'],
  open: openNnunet,
};

/** What we need of dataset.json. */
interface Description {
  labels?: Record<string, unknown>;
  modality?: Record<string, string>;
  channel_names?: Record<string, string>;
  file_ending?: string;
}

interface Case {
  readonly id: string;
  readonly images: readonly string[];
  readonly label: string;
}

async function openNnunet(
  folder: string,
  { seed, valShare, labelMap, volumes = 'slices', axis = 0, window }: LayoutOptions,
): Promise<SegmentationDataset | undefined> {
  const file = join(folder, 'dataset.json');
  const [images, labels] = [join(folder, 'imagesTr'), join(folder, 'labelsTr')];
  if (!(await exists(file, images, labels))) return undefined;
  const description = await describe(file);
  const { classes, rule: own } = classesOf(file, description.labels);
  const rule = mappedLabels(own, labelMap);
  const cases = await casesOf(images, labels);
  if (cases.length < 2) {
    throw new DataError(`wanted two or more NIfTI volumes in ${labels}, got ${cases.length}`, 'no-data');
  }
  const first = await readNiftiHeader(cases[0]!.images[0]!);
  const origin = (one: Case) => ({ ...one, rule, ...(window && { window }) });
  const sources = async (one: Case): Promise<SampleSource[]> => {
    if (volumes === 'whole') return [sourceOf({ reader: 'volume', ...origin(one) })];
    const { shape } = await readNiftiHeader(one.label);
    return Array.from({ length: shape[axis] }, (_, index) => {
      const source = sourceOf({ reader: 'slice', ...origin(one), axis, index });
      return { ...source, id: `${one.id}/${index}` };
    });
  };
  const [train, val] = splitItems(cases, seed, valShare);
  const part = async (chosen: readonly Case[]) => {
    const result: SampleSource[] = [];
    for (const one of chosen) result.push(...(await sources(one)));
    return result;
  };
  return {
    name: basename(folder),
    classes,
    channels: first.channels * cases[0]!.images.length,
    train: await part(train),
    val: await part(val),
    description:
      `MSD/nnU-Net layout, ${train.length} + ${val.length} volumes (split by seed ${seed})` +
      `${volumes === 'slices' ? `, their slices across ${['depth', 'height', 'width'][axis]}` : ''}; ` +
      `values from ${window ? window.join(' to ') : 'percentile 0.5 to 99.5 of each volume'} become 0 to 1`,
  };
}

async function describe(file: string): Promise<Description> {
  let description: Description;
  try {
    description = JSON.parse(await readFile(file, 'utf8')) as Description;
  } catch (error) {
    throw new DataError(`cannot read ${file}: ${(error as Error).message}`, 'unreadable');
  }
  const ending = description.file_ending ?? '.nii.gz';
  if (!/^\.nii(\.gz)?$/.test(ending)) {
    throw new DataError(
      `wanted file_ending .nii or .nii.gz in ${file}, got ${ending}; put the images into images/ and the masks into masks/`,
      'no-data',
    );
  }
  return description;
}

/** Version 1 has `{"1": "name"}`, version 2 `{"name": 1}`; a class "ignore" is no class. */
function classesOf(
  file: string,
  labels: Record<string, unknown> | undefined,
): { classes: string[]; rule: LabelRule } {
  const entries = Object.entries(labels ?? {}).map(([key, value]): [string, unknown] =>
    typeof value === 'string' ? [value, Number(key)] : [key, value],
  );
  const region = entries.find(([, value]) => Array.isArray(value) && value.length > 1);
  if (region) {
    throw new DataError(
      `${file} has the region ${region[0]} of labels [${String(region[1])}], which overlaps others; ` +
        'list each label by its own name and number',
      'bad-label',
    );
  }
  const named = entries.map(([name, value]): [string, number] => [name, Number(value)]);
  const ignored = named.find(([name]) => name === 'ignore')?.[1];
  const classes = named.filter(([name]) => name !== 'ignore').sort(([, a], [, b]) => a - b);
  if (classes.length < 2 || classes.some(([, value], i) => value !== i)) {
    throw new DataError(
      `wanted labels 0, 1, 2, … with names in ${file}, got ${JSON.stringify(labels)}; number them without a gap`,
      'bad-label',
    );
  }
  const rule = indexLabels(classes.length);
  return {
    classes: classes.map(([name]) => name),
    rule: ignored === undefined ? rule : ignoring(rule, ignored),
  };
}

function ignoring(rule: LabelRule, value: number): LabelRule {
  const entries = [...rule.table.entries()].filter(([, label]) => label >= 0);
  return listedLabels([...entries, [value, IGNORED]], `${rule.remedy}, as is ${value}`);
}

const VOLUME_FILE = /\.nii(\.gz)?$/;

/** Cases by their labels; an image is CASE, or CASE_0000, CASE_0001, … with a channel each. */
async function casesOf(imageFolder: string, labelFolder: string): Promise<Case[]> {
  const volumes = async (folder: string) =>
    ((await list(folder)) ?? []).filter((name) => VOLUME_FILE.test(name) && !name.startsWith('.')).sort();
  const [images, labels] = [await volumes(imageFolder), await volumes(labelFolder)];
  const withoutEnding = (name: string) => name.replace(VOLUME_FILE, '');
  const ids = new Set(labels.map(withoutEnding));
  const imagesOf = new Map<string, string[]>();
  const lonely: string[] = [];
  for (const name of images) {
    const whole = withoutEnding(name);
    const id = ids.has(whole) ? whole : whole.replace(/_\d{4}$/, '');
    if (ids.has(id)) imagesOf.set(id, [...(imagesOf.get(id) ?? []), name]);
    else lonely.push(name);
  }
  if (lonely.length > 0) throw unpaired('image', 'label', imageFolder, labelFolder, lonely);
  const orphans = labels.filter((name) => !imagesOf.has(withoutEnding(name)));
  if (orphans.length > 0) throw unpaired('label', 'image', labelFolder, imageFolder, orphans);
  const counts = new Set([...imagesOf.values()].map((names) => names.length));
  if (counts.size > 1) {
    throw new DataError(
      `wanted as many channels for every case in ${imageFolder}, got ${[...counts].sort().join(' and ')}; add the missing files`,
      'unpaired',
    );
  }
  return labels.map((name) => ({
    id: withoutEnding(name),
    images: imagesOf.get(withoutEnding(name))!.map((image) => join(imageFolder, image)),
    label: join(labelFolder, name),
  }));
}
