import { dirname, join } from 'node:path';

import { checkCocoOptions } from '../formats/coco/mask.js';
import { DataError } from '../errors.js';
import { namesIn } from '../formats/bytes.js';
import { LABEL_MAP, readLabelMap } from '../read/label-map.js';
import { checkChoice, checkKeys } from '@segloss/common';
import { type SegmentationDataset } from '../samples/sample.js';
import { cityscapes } from './cityscapes.js';
import { coco } from './coco.js';
import { cvc } from './cvc.js';
import { datasetOf } from './dataset.js';
import { folders } from './folders.js';
import { type Layout, type LayoutOption, type OpenDatasetOptions } from './layout.js';
import { nnunet } from './nnunet.js';
import { patterns } from './patterns.js';
import { polyp } from './polyp.js';
import { retinalLesions } from './retinal-lesions.js';
import { segNet } from './segnet.js';
import { voc } from './voc.js';

/** Layouts in the order in which they are tried; a new one is a file and an entry here. */
const LAYOUTS: readonly Layout[] = [
  polyp,
  segNet,
  cityscapes,
  voc,
  retinalLesions,
  cvc,
  nnunet,
  coco,
  folders,
];

const OF_SOME_LAYOUTS = [
  'labelMap',
  'multilabel',
  'volumes',
  'axis',
  'window',
  'overlap',
  'crowd',
  'images',
  'masks',
] as const satisfies LayoutOption[];

/**
 * Opens a folder of images with masks in a layout that it recognizes: those of the paper (polyp, retinal lesions,
 * Cityscapes), SegNet/CamVid, Pascal VOC, CVC-ClinicDB, MSD and nnU-Net (volumes), COCO, or `images/` beside `masks/`.
 * Images and masks are paired, and every mask is read once for the rule by which its values are labels (`labelRule`, `warnings`,
 * `faults`); what was found is kept in the user's cache folder until a file changes (`SEGLOSS_CACHE`: another folder, or `off`).
 * Samples are read on demand.
 *
 * @param folder Path.
 * @param options See {@link OpenDatasetOptions}.
 * @throws {RangeError} If an option is unknown, out of range, or means nothing to the layout that was found.
 * @throws {DataError} `missing-folder`, `no-data` (lists what was looked for), `unpaired` (names the files), `bad-label`
 *   (impossible classes or label map, masks of several kinds); on load `size-mismatch`, `bad-label`, `unreadable`.
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
  check(options);
  const found = await namesIn(folder);
  if (found === undefined) {
    throw new DataError(
      `no folder ${folder}; give the path of a folder with images and masks`,
      'missing-folder',
    );
  }
  const labelMap = options.labelMap ?? (await readLabelMap(folder));
  const settled = { seed: 1, valShare: 0.2, ...options, ...(labelMap && { labelMap }) };
  const { images, masks } = options;
  const layouts = images === undefined || masks === undefined ? LAYOUTS : [patterns({ images, masks })];
  for (const layout of layouts) {
    const data = await layout.open(folder, settled);
    if (!data) continue;
    const takes = data.takes ?? layout.takes;
    const idle = OF_SOME_LAYOUTS.find((name) => settled[name] !== undefined && !takes.includes(name));
    if (idle === undefined) return datasetOf(folder, layout.name, data, settled);
    const idleHere = `means nothing to the layout ${layout.name}, which ${folder} has`;
    if (idle in options) throw new RangeError(`openDataset: ${idle} ${idleHere}; leave it out`);
    throw new DataError(`${LABEL_MAP} ${idleHere}; remove the file`, 'bad-label');
  }
  const looked = LAYOUTS.map(({ name, looks }) => `  ${name}: ${looks}`).join('\n');
  const names = found.slice(0, 8).join(', ') || 'nothing';
  throw new DataError(
    `no data in ${folder}; looked for\n${looked}\nand found ${names}; ${await remedyFor(folder, found)}`,
    'no-data',
  );
}

/** Names the folder next to this one, above or below, that has images and masks; else how to open any folder. */
async function remedyFor(folder: string, found: readonly string[]): Promise<string> {
  for (const near of [dirname(folder), ...found.slice(0, 8).map((name) => join(folder, name))]) {
    const names = (await namesIn(near)) ?? [];
    if (names.includes('images') && names.includes('masks')) return `did you mean ${near}?`;
  }
  return `give the folder that holds them, or say where they are: images 'img/*.png', masks 'gt/{name}.png'`;
}

function check({ valShare, volumes, axis, window, overlap, crowd, ...others }: OpenDatasetOptions): void {
  const caller = 'openDataset';
  checkKeys(caller, others, ['seed', 'valShare', 'background', ...OF_SOME_LAYOUTS]);
  if (others.background !== undefined) checkChoice(caller, 'background', others.background, [0, null]);
  if (valShare !== undefined && !(valShare > 0 && valShare < 1)) {
    throw new RangeError(`${caller}: wanted valShare between 0 and 1, got ${String(valShare)}`);
  }
  if (typeof (others.multilabel ?? false) !== 'boolean') {
    throw new TypeError(`${caller}: wanted multilabel as true or false, got ${typeof others.multilabel}`);
  }
  if (volumes !== undefined) checkChoice(caller, 'volumes', volumes, ['slices', 'whole']);
  if (axis !== undefined) checkChoice(caller, 'axis', axis, [0, 1, 2]);
  if (volumes === 'whole' && axis !== undefined) {
    throw new RangeError(`${caller}: axis is that of slices, but volumes is "whole"; leave one out`);
  }
  if (window !== undefined && !(window[0] < window[1] && window.every(Number.isFinite))) {
    throw new RangeError(`${caller}: wanted window as [low, high], got ${JSON.stringify(window)}`);
  }
  if ((others.images === undefined) !== (others.masks === undefined)) {
    throw new RangeError(
      `${caller}: wanted images and masks, got ${others.images === undefined ? 'masks' : 'images'} only; give both patterns`,
    );
  }
  checkCocoOptions(caller, { ...(overlap && { overlap }), ...(crowd && { crowd }) });
}
