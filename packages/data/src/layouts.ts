import { access, readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';

import { decodeFile } from './decode.js';
import { DataError } from './errors.js';
import { indexLabels, pairSource, stem, thresholdLabels, type LabelRule, type Pair } from './pairs.js';
import { randomStream, shuffled } from './random.js';
import { readMask } from './read.js';
import { type SampleSource, type SegmentationDataset } from './types.js';

/** Options of {@link openDataset}. */
export interface OpenDatasetOptions {
  /** Seed of the split, where the folder has none of its own. Default 1. */
  seed?: number;
  /** Share of validation images, where the folder has no split of its own. Default 0.2. */
  valShare?: number;
}

interface Layout {
  readonly name: string;
  /** What it looks like, for messages. */
  readonly looks: string;
  /** The data set, or undefined if the folder is not laid out so. */
  open(folder: string, options: Required<OpenDatasetOptions>): Promise<SegmentationDataset | undefined>;
}

const CAMVID_CLASSES = 'sky building pole road pavement tree sign fence car pedestrian bicyclist'.split(' ');

/** Layouts in the order in which they are tried; a new one is one entry here. */
const LAYOUTS: readonly Layout[] = [
  {
    name: 'polyp',
    looks: 'TrainDataset/ with images/, masks/, train.txt, val.txt (or that folder itself)',
    open: openPolyp,
  },
  { name: 'SegNet/CamVid', looks: 'train/ trainannot/ val/ valannot/', open: openSegNet },
  {
    name: 'image and mask folders',
    looks: 'images/ masks/ (and train.txt, val.txt, classes.txt if there are any)',
    open: openFolders,
  },
];

/**
 * Opens a folder of images with masks in a layout that it recognises: the paper's polyp layout, SegNet/CamVid, or
 * `images/` beside `masks/`. Images and masks are paired at once, and read when they are asked for.
 *
 * @param folder Path.
 * @param options See {@link OpenDatasetOptions}.
 * @throws {DataError} `missing-folder`, `no-data` (lists what was looked for), `unpaired` (names the files); on load
 *   `size-mismatch`, `bad-label`, `unreadable`.
 *
 * @example
 * ```ts
 * await openDataset('no-such-folder').catch((error) => error.code); // → "missing-folder"
 * ```
 */
export async function openDataset(
  folder: string,
  options: OpenDatasetOptions = {},
): Promise<SegmentationDataset> {
  const { seed = 1, valShare = 0.2 } = options;
  if (!(valShare > 0 && valShare < 1)) {
    throw new RangeError(`openDataset: wanted valShare between 0 and 1, got ${String(valShare)}`);
  }
  const found = await list(folder);
  if (found === undefined) {
    throw new DataError(
      `no folder ${folder}; give the path of a folder with images and masks`,
      'missing-folder',
    );
  }
  for (const layout of LAYOUTS) {
    const dataset = await layout.open(folder, { seed, valShare });
    if (dataset) return dataset;
  }
  const looked = LAYOUTS.map(({ name, looks }) => `  ${name}: ${looks}`).join('\n');
  const names = found.slice(0, 8).join(', ') || 'nothing';
  throw new DataError(`no data in ${folder}; looked for\n${looked}\nand found ${names}`, 'no-data');
}

async function openPolyp(folder: string): Promise<SegmentationDataset | undefined> {
  const inside = join(folder, 'TrainDataset');
  const root = (await exists(inside)) ? inside : folder;
  if (basename(root) !== 'TrainDataset') return undefined; // other folders may hold class numbers, which no threshold keeps
  const [train, val] = await Promise.all(['train.txt', 'val.txt'].map((name) => lines(join(root, name))));
  if (!train || !val || !(await exists(join(root, 'images'))) || !(await exists(join(root, 'masks'))))
    return undefined;
  const pairs = await pairFolders(join(root, 'images'), join(root, 'masks'));
  const part = (names: readonly string[], list: string) =>
    chosen(pairs, names, join(root, list)).map((pair) => pairSource(pair, 3, thresholdLabels()));
  return {
    name: basename(folder),
    classes: ['background', 'polyp'],
    channels: 3,
    train: part(train, 'train.txt'),
    val: part(val, 'val.txt'),
    description: `polyp layout, ${train.length} + ${val.length} images; mask values above 127 are polyp`,
  };
}

async function openSegNet(folder: string): Promise<SegmentationDataset | undefined> {
  const parts = ['train', 'val'].map((name) => [join(folder, name), join(folder, `${name}annot`)] as const);
  for (const path of parts.flat()) if (!(await exists(path))) return undefined;
  const named = await lines(join(folder, 'classes.txt'));
  const classes = named ?? CAMVID_CLASSES;
  const open = async ([images, masks]: readonly [string, string]): Promise<SampleSource[]> =>
    (await pairFolders(images, masks)).map((pair) =>
      pairSource(pair, 3, indexLabels(classes.length, classes.length)),
    );
  const [train, val] = [await open(parts[0]!), await open(parts[1]!)];
  return {
    name: basename(folder),
    classes,
    channels: 3,
    train,
    val,
    description:
      `SegNet/CamVid layout, ${train.length} + ${val.length} images, ${classes.length} classes` +
      `${named ? ' from classes.txt' : ' of CamVid'}; label ${classes.length} is ignored`,
  };
}

async function openFolders(
  folder: string,
  { seed, valShare }: Required<OpenDatasetOptions>,
): Promise<SegmentationDataset | undefined> {
  const [images, masks] = [join(folder, 'images'), join(folder, 'masks')];
  if (!(await exists(images)) || !(await exists(masks))) return undefined;
  const pairs = await pairFolders(images, masks);
  if (pairs.length === 0) throw new DataError(`no images in ${images}; wanted PNG or JPEG files`, 'no-data');
  const [labels, classes] = await labelsOfFolder(folder, pairs);
  const lists = await Promise.all(['train.txt', 'val.txt'].map((name) => lines(join(folder, name))));
  const [train, val] =
    lists[0] && lists[1]
      ? [chosen(pairs, lists[0], join(folder, 'train.txt')), chosen(pairs, lists[1], join(folder, 'val.txt'))]
      : splitPairs(pairs, seed, valShare);
  const first = await decodeFile(pairs[0]!.image);
  const channels = first.indexed || first.channels > 2 ? 3 : 1;
  const source = (pair: Pair) => pairSource(pair, channels, labels.rule);
  return {
    name: basename(folder),
    classes,
    channels,
    train: train.map(source),
    val: val.map(source),
    description:
      `image and mask folders, ${train.length} + ${val.length} images` +
      `${lists[0] && lists[1] ? '' : ` (split by seed ${seed})`}; ${labels.said}`,
  };
}

/** Classes from classes.txt, else binary masks of 0 and 1, or of 0 and 255 (then 255 is the foreground). */
async function labelsOfFolder(
  folder: string,
  pairs: readonly Pair[],
): Promise<[{ rule: LabelRule; said: string }, string[]]> {
  const named = await lines(join(folder, 'classes.txt'));
  if (named) {
    const rule = indexLabels(named.length, 255);
    return [{ rule, said: `${named.length} classes from classes.txt, 255 is ignored` }, named];
  }
  const values = new Set<number>();
  for (const { mask } of pairs.slice(0, 16)) {
    const { values: labels, kind } = await readMask(mask, { allowJpeg: true });
    if (kind === 'jpeg') {
      return [
        { rule: thresholdLabels(), said: 'JPEG masks: values above 127 are foreground' },
        binaryClasses(),
      ];
    }
    for (const value of labels) values.add(value);
  }
  if (values.has(255) && [...values].every((value) => value === 0 || value === 255)) {
    const rule: LabelRule = {
      allowJpeg: false,
      labelOf: (value) => (value === 0 ? 0 : value === 255 ? 1 : undefined),
      remedy: 'the other masks hold 0 and 255, read as background and foreground',
    };
    return [{ rule, said: 'mask values 0 and 255 are read as background and foreground' }, binaryClasses()];
  }
  const remedy =
    'without classes.txt labels are 0 and 1 (or 0 and 255); list the classes, one a line, in classes.txt';
  return [
    { rule: { ...indexLabels(2, 255), remedy }, said: 'binary labels 0 and 1, 255 is ignored' },
    binaryClasses(),
  ];
}

function binaryClasses(): string[] {
  return ['background', 'foreground'];
}

function splitPairs(pairs: readonly Pair[], seed: number, valShare: number): [Pair[], Pair[]] {
  const order = shuffled(pairs, randomStream(seed).fork('split'));
  const val = Math.min(pairs.length - 1, Math.max(1, Math.round(pairs.length * valShare)));
  const byId = (a: Pair, b: Pair) => (a.id < b.id ? -1 : 1);
  return [order.slice(val).sort(byId), order.slice(0, val).sort(byId)];
}

const IMAGE_FILE = /\.(png|jpe?g)$/i;

/** Images with the masks of the same name (a mask may also end in `_mask`); every file must have its partner. */
async function pairFolders(imageFolder: string, maskFolder: string): Promise<Pair[]> {
  const files = async (folder: string) =>
    ((await list(folder)) ?? []).filter((name) => IMAGE_FILE.test(name)).sort();
  const [images, masks] = [await files(imageFolder), await files(maskFolder)];
  const maskOf = new Map(masks.map((name) => [stem(name).replace(/_mask$/i, ''), name]));
  const lonely = images.filter((name) => !maskOf.has(stem(name)));
  if (lonely.length > 0) throw unpaired('image', 'mask', imageFolder, maskFolder, lonely);
  const ids = new Set(images.map(stem));
  const orphans = masks.filter((name) => !ids.has(stem(name).replace(/_mask$/i, '')));
  if (orphans.length > 0) throw unpaired('mask', 'image', maskFolder, imageFolder, orphans);
  return images.map((name) => ({
    id: stem(name),
    image: join(imageFolder, name),
    mask: join(maskFolder, maskOf.get(stem(name))!),
  }));
}

function unpaired(
  what: string,
  partner: string,
  folder: string,
  other: string,
  names: readonly string[],
): DataError {
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  return new DataError(
    `${what} without ${partner}: ${shown} in ${folder} (of ${names.length}); wanted a file of the same name in ${other}`,
    'unpaired',
  );
}

/** The pairs that a list names, with or without extension. */
function chosen(pairs: readonly Pair[], names: readonly string[], list: string): Pair[] {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  return names.map((line) => {
    const name = line.split(/\s+/)[0]!;
    const id = IMAGE_FILE.test(name) ? basename(name, extname(name)) : basename(name);
    const pair = byId.get(id);
    if (!pair) throw new DataError(`${list} names ${name}, but there is no such image and mask`, 'unpaired');
    return pair;
  });
}

async function list(folder: string): Promise<string[] | undefined> {
  return readdir(folder).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The non-empty lines of a text file, or undefined if it is not there. */
async function lines(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const found = text?.split('\n').map((line) => line.trim()).filter((line) => line !== ''); // prettier-ignore
  return found && found.length > 0 ? found : undefined;
}
