import { pairByPatterns, type FilePatterns } from '../read/patterns.js';
import { foundIn } from './folders.js';
import { pairItem } from './items.js';
import { type Found, type Layout, type LayoutOptions } from './layout.js';
import { channelsIn, saidOfVolumes, VOLUME_OPTIONS, volumeItem } from './volume-items.js';

const TAKES = ['labelMap', 'images', 'masks'] as const;

/** Images or NIfTI volumes, and masks, that the user names by patterns; lists and classes.txt count as in folders of images and masks. */
export const patterns = (given: FilePatterns): Layout => ({
  name: `images ${given.images}, masks ${given.masks}`,
  looks: '',
  takes: TAKES,
  open: (folder, options) => openPatterns(folder, given, options),
});

async function openPatterns(folder: string, given: FilePatterns, options: LayoutOptions): Promise<Found> {
  const { volumes, cases, channels } = await pairByPatterns(folder, given);
  if (!volumes) {
    const items = cases.map(({ id, images: [image], mask }) => pairItem({ id, image, mask }));
    return foundIn(folder, items, options);
  }
  const files = cases.map(({ mask, ...one }) => ({ ...one, label: mask }));
  const items = files.map((one) => volumeItem(one, options));
  const count = await channelsIn(files);
  return {
    ...(await foundIn(folder, items, options)),
    takes: [...TAKES, ...VOLUME_OPTIONS],
    unit: 'volumes',
    channels: count,
    ...(channels.length === count && count > 1 && { channelNames: channels }),
    said: [...(channels.length > 0 ? [`channels ${channels.join(', ')}`] : []), saidOfVolumes(options)].join(
      '; ',
    ),
  };
}
