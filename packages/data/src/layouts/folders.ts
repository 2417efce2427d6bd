import { basename, join } from 'node:path';

import { decodeFile } from '../formats/decode.js';
import { DataError } from '../errors.js';
import { indexLabels, listedLabels, mappedLabels, thresholdLabels, type LabelRule } from '../read/labels.js';
import { sourceOf } from '../read/origin.js';
import { type Pair } from '../read/pairs.js';
import { readMask } from '../read/images.js';
import { type SegmentationDataset } from '../samples/sample.js';
import { chosen, exists, lines, pairFolders, splitItems } from './files.js';
import { type Layout, type LayoutOptions } from './layout.js';

/** One's own images. */
export const folders: Layout = {
  name: 'image and mask folders',
  looks: 'images/ masks/ (and train.txt, val.txt, classes.txt if there are any)',
  takes: ['labelMap'],
  open: openFolders,
};

async function openFolders(
  folder: string,
  { seed, valShare, labelMap }: LayoutOptions,
): Promise<SegmentationDataset | undefined> {
  const [images, masks] = [join(folder, 'images'), join(folder, 'masks')];
  if (!(await exists(images, masks))) return undefined;
  const pairs = await pairFolders(images, masks);
  if (pairs.length === 0)
    throw new DataError(`no images in ${images}; wanted PNG, JPEG or TIFF files`, 'no-data');
  const [labels, classes] = await labelsOfFolder(folder, pairs, labelMap !== undefined);
  const rule = mappedLabels(labels.rule, labelMap);
  const lists = await Promise.all(['train.txt', 'val.txt'].map((name) => lines(join(folder, name))));
  const [train, val] =
    lists[0] && lists[1]
      ? [chosen(pairs, lists[0], join(folder, 'train.txt')), chosen(pairs, lists[1], join(folder, 'val.txt'))]
      : splitItems(pairs, seed, valShare);
  const first = await decodeFile(pairs[0]!.image);
  const channels = first.indexed || first.channels > 2 ? 3 : 1;
  const source = (pair: Pair) => sourceOf({ reader: 'pair', ...pair, channels, rule });
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

/** Classes from classes.txt, else binary masks of 0 and 1, or of 0 and 255 (then 255 is the foreground, unless a map says what it is). */
async function labelsOfFolder(
  folder: string,
  pairs: readonly Pair[],
  mapped: boolean,
): Promise<[{ rule: LabelRule; said: string }, string[]]> {
  const named = await lines(join(folder, 'classes.txt'));
  if (named) {
    const rule = indexLabels(named.length);
    return [{ rule, said: `${named.length} classes from classes.txt, 255 is ignored` }, named];
  }
  const values = new Set<number>();
  for (const { mask } of pairs.slice(0, 16)) {
    const read = await readMask(mask, { allowJpeg: true }).catch(() => undefined); // loading it will say why
    if (read === undefined) continue;
    const { values: labels, lossy } = read;
    if (lossy) {
      return [
        { rule: thresholdLabels(), said: 'JPEG masks: values above 127 are foreground' },
        binaryClasses(),
      ];
    }
    for (const value of labels) values.add(value);
  }
  if (!mapped && values.has(255) && [...values].every((value) => value === 0 || value === 255)) {
    const rule = listedLabels(
      [
        [0, 0],
        [255, 1],
      ],
      'the other masks hold 0 and 255, read as background and foreground',
    );
    return [{ rule, said: 'mask values 0 and 255 are read as background and foreground' }, binaryClasses()];
  }
  const remedy =
    'without classes.txt labels are 0 and 1 (or 0 and 255); list the classes, one a line, in classes.txt';
  return [
    { rule: { ...indexLabels(2), remedy }, said: 'binary labels 0 and 1, 255 is ignored' },
    binaryClasses(),
  ];
}

function binaryClasses(): string[] {
  return ['background', 'foreground'];
}
