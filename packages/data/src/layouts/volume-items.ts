// What layouts of NIfTI volumes share.
import { readNiftiHeader } from '../formats/nifti/read.js';
import { sourceOf } from '../read/origin.js';
import { type Item, type LayoutOption, type LayoutOptions } from './layout.js';

/** A volume: its image files, one or one for each channel, and its labels. */
export interface VolumeCase {
  readonly id: string;
  readonly images: readonly [string, ...string[]];
  readonly label: string;
}

/** The options that mean something to volumes. */
export const VOLUME_OPTIONS = ['volumes', 'axis', 'window'] as const satisfies LayoutOption[];

/** An item of a volume, or of its slices. */
export function volumeItem(one: VolumeCase, { volumes = 'slices', axis = 0, window }: LayoutOptions): Item {
  return {
    id: one.id,
    image: one.images[0],
    masks: [one.label],
    ...(volumes === 'slices' && { axis }),
    async sources(rule) {
      const origin = { ...one, rule, ...(window && { window }) };
      if (volumes === 'whole') return [sourceOf({ reader: 'volume', ...origin })];
      const { shape } = await readNiftiHeader(one.label);
      return Array.from({ length: shape[axis] }, (_, index) => {
        const source = sourceOf({ reader: 'slice', ...origin, axis, index });
        return { ...source, id: `${one.id}/${index}` };
      });
    },
  };
}

/** The channels of a volume, over all of its files; by the first one's header. */
export async function channelsIn({ images }: VolumeCase): Promise<number> {
  return (await readNiftiHeader(images[0])).channels * images.length;
}

/** What is done to volumes, for the description. */
export function saidOfVolumes({ volumes = 'slices', axis = 0, window }: LayoutOptions): string {
  const slices = volumes === 'slices' ? `slices across ${['depth', 'height', 'width'][axis]}; ` : '';
  return `${slices}values from ${window ? window.join(' to ') : 'percentile 0.5 to 99.5 of each volume'} become 0 to 1`;
}
