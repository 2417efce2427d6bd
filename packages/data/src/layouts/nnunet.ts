import { join } from 'node:path';

import { printable } from '@segloss/common';
import { DataError, unreadable } from '../errors.js';
import { namesIn, readJson } from '../formats/bytes.js';
import { indexLabels, listedLabels, type LabelRule } from '../read/labels.js';
import { NIFTI_FILE } from '../read/mask-facts.js';
import { byId, unpaired } from '../read/names.js';
import { IGNORED } from '../samples/sample.js';
import { exists } from './items.js';
import { splitItems, type Found, type Layout, type LayoutOptions } from './layout.js';
import { channelsIn, saidOfVolumes, VOLUME_OPTIONS, volumeItem, type VolumeCase } from './volume-items.js';

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
  takes: ['labelMap', ...VOLUME_OPTIONS],
  open: openNnunet,
};

/** The file of folds that nnU-Net makes. */
const SPLITS = 'splits_final.json';

/** What we need of dataset.json. */
interface Description {
  labels?: Record<string, unknown>;
  modality?: Record<string, string>;
  channel_names?: Record<string, string>;
  file_ending?: string;
}

async function openNnunet(folder: string, options: LayoutOptions): Promise<Found | undefined> {
  const file = join(folder, 'dataset.json');
  const [images, labels] = [join(folder, 'imagesTr'), join(folder, 'labelsTr')];
  if (!(await exists(file, images, labels))) return undefined;
  const description = await describe(file);
  const { classes, rule, ignored } = classesOf(file, description.labels);
  const cases = await casesOf(images, labels);
  if (cases.length === 0) throw new DataError(`no NIfTI volumes in ${labels}; wanted CASE.nii.gz`, 'no-data');
  const channels = await channelsOf(file, description, cases);
  return {
    classes,
    background: 0,
    channels,
    ...splitItems(
      cases.map((one) => volumeItem(one, options)),
      options,
    ),
    ...((await exists(join(folder, SPLITS))) && {
      warnings: [`${SPLITS} is not read: the cases are split by a seed, and not by its folds`],
    }),
    labels: {
      kind: 'numbers',
      rule,
      said: `${classes.length} classes from dataset.json${ignored === undefined ? '' : `, ${ignored} is ignored`}, 255 is ignored`,
    },
    unit: 'volumes',
    said: saidOfVolumes(options),
  };
}

/** Channels of every case; dataset.json and the files must agree. */
async function channelsOf(
  file: string,
  description: Description,
  cases: readonly VolumeCase[],
): Promise<number> {
  const first = cases[0]!;
  const channels = await channelsIn(cases);
  const named = Object.keys(description.channel_names ?? description.modality ?? {}).length;
  if (named === 0 || named === channels) return channels;
  throw new DataError(
    `wanted the ${named} channels that ${file} names, got ${channels} in ${first.images.join(', ')}; add the missing files, or correct the names`,
    'unpaired',
  );
}

async function describe(file: string): Promise<Description> {
  const content = await readJson(file);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw unreadable(file, 'it does not hold a JSON object with labels');
  }
  const description = content as Description;
  const ending = description.file_ending ?? '.nii.gz';
  if (typeof ending !== 'string' || !/^\.nii(\.gz)?$/i.test(ending)) {
    throw new DataError(
      `wanted file_ending .nii or .nii.gz in ${file}, got ${String(ending)}; put the images into images/ and the masks into masks/`,
      'no-data',
    );
  }
  return description;
}

/** Version 1 has `{"1": "name"}`, version 2 `{"name": 1}`; a class "ignore" is no class. */
function classesOf(
  file: string,
  labels: Record<string, unknown> | undefined,
): { classes: string[]; rule: LabelRule; ignored?: number } {
  const isNumber = (text: string) => /^\s*\d+\s*$/.test(text);
  const entries = Object.entries(labels ?? {}).map(([key, value]): [string, unknown] =>
    typeof value === 'string' && (isNumber(key) || !isNumber(value)) ? [value, Number(key)] : [key, value],
  );
  const region = entries.find(([, value]) => Array.isArray(value) && value.length > 1);
  if (region) {
    throw new DataError(
      `${file} has the region ${region[0]} of labels [${String(region[1])}], which overlaps others; ` +
        'list each label by its own name and number',
      'bad-label',
    );
  }
  const named = entries.map(([name, value]): [string, number] => [printable(name), Number(value)]);
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
    ...(ignored !== undefined && { ignored }),
  };
}

function ignoring(rule: LabelRule, value: number): LabelRule {
  const entries = [...rule.table.entries()].filter(([, label]) => label >= 0);
  return listedLabels([...entries, [value, IGNORED]], `${rule.remedy}, as is ${value}`);
}

const volumesIn = async (folder: string) =>
  ((await namesIn(folder)) ?? []).filter((name) => NIFTI_FILE.test(name));
const CHANNEL = /_(\d{4})$/;

/** Cases by their labels; an image is CASE, or CASE_0000, CASE_0001, … with a channel each. */
async function casesOf(imageFolder: string, labelFolder: string): Promise<VolumeCase[]> {
  const labels = byId(labelFolder, await volumesIn(labelFolder));
  const images = byId(imageFolder, await volumesIn(imageFolder));
  const imagesOf = new Map<string, Map<string, string>>();
  const lonely: string[] = [];
  for (const [name, file] of images) {
    // An image that is called as a label is no channel of another case.
    const [id, channel] = labels.has(name)
      ? [name, '']
      : [name.replace(CHANNEL, ''), CHANNEL.exec(name)?.[1] ?? ''];
    if (!labels.has(id)) lonely.push(file);
    else imagesOf.set(id, (imagesOf.get(id) ?? new Map<string, string>()).set(channel, file));
  }
  if (lonely.length > 0) throw unpaired('image', 'label', imageFolder, labelFolder, lonely);
  const orphans = [...labels].filter(([id]) => !imagesOf.has(id)).map(([, file]) => file);
  if (orphans.length > 0) throw unpaired('label', 'image', labelFolder, imageFolder, orphans);
  const numbersOf = (id: string) => [...imagesOf.get(id)!.keys()].sort();
  const wanted = new Map<string, string>();
  for (const id of labels.keys()) wanted.set(numbersOf(id).join(), id);
  if (wanted.size > 1) {
    const [[a, first], [b, second]] = [...wanted] as [[string, string], [string, string]];
    const said = (numbers: string) => (numbers === '' ? 'one file' : numbers.replaceAll(',', ' and '));
    throw new DataError(
      `wanted the same channels for every case in ${imageFolder}, got ${said(a)} of ${first} and ${said(b)} of ${second}; add the missing files`,
      'unpaired',
    );
  }
  for (const [numbers, id] of wanted) {
    const list = numbers.split(',');
    if (numbers === '' || list.every((number, i) => Number(number) === i)) continue;
    throw new DataError(
      `wanted the channels 0000, 0001, … of ${id} in ${imageFolder}, got ${list.map((number) => number || 'a file without a number').join(', ')}; rename the files`,
      'unpaired',
    );
  }
  return [...labels].map(([id, label]) => ({
    id,
    images: numbersOf(id).map((number) => join(imageFolder, imagesOf.get(id)!.get(number)!)) as [string, ...string[]], // prettier-ignore
    label: join(labelFolder, label),
  }));
}
