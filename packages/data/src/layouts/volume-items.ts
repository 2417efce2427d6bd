// What layouts of NIfTI volumes share.
import { DataError } from '../errors.js';
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

/** The channels of every volume, over all of its files, by their headers. @throws {DataError} `unpaired` if two volumes have not the same. */
export async function channelsIn(cases: readonly VolumeCase[]): Promise<number> {
  let first: { readonly count: number; readonly file: string } | undefined;
  for (const { images } of cases) {
    let count = 0;
    for (const image of images) {
      // A file that cannot be read is a fault of its own when it is loaded.
      const header = await readNiftiHeader(image).catch((error: unknown) => {
        if (error instanceof DataError && first !== undefined) return undefined;
        throw error;
      });
      count += header?.channels ?? NaN;
    }
    if (Number.isNaN(count)) continue;
    first ??= { count, file: images[0] };
    if (count === first.count) continue;
    throw new DataError(
      `wanted the same channels in every volume, got ${first.count} in ${first.file} and ${count} in ${images.join(', ')}; add the missing ones, or leave the volume out`,
      'unpaired',
    );
  }
  return first!.count;
}

/** What is done to volumes, for the description. */
export function saidOfVolumes({ volumes = 'slices', axis = 0, window }: LayoutOptions): string {
  const slices = volumes === 'slices' ? `slices across ${['depth', 'height', 'width'][axis]}; ` : '';
  return `${slices}values from ${window ? window.join(' to ') : 'percentile 0.5 to 99.5 of each volume'} become 0 to 1`;
}
