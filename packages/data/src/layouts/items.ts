// What layouts of images with one mask each share.
import { access } from 'node:fs/promises';

import { sourceOf } from '../read/origin.js';
import { type Pair } from '../read/pairs.js';
import { splitByLists } from '../read/names.js';
import { splitItems, type Found, type Item, type LayoutOptions } from './layout.js';

/** An item of an image and a mask. */
export function pairItem(pair: Pair): Item {
  return {
    id: pair.id,
    image: pair.image,
    masks: [pair.mask],
    sources: (rule, channels) => [sourceOf({ reader: 'pair', ...pair, channels, rule })],
  };
}

/** Items split by the lists that are there, else by the seed. @throws {DataError} If lists cannot be used. */
export async function splitOf(
  items: readonly Item[],
  lists: { readonly train: string; readonly val: string },
  options: LayoutOptions,
): Promise<Pick<Found, 'train' | 'val' | 'seeded' | 'warnings'>> {
  const listed = await splitByLists(items, lists);
  return listed === undefined ? splitItems(items, options) : { ...listed, seeded: false };
}

/** Whether all of these are there. */
export async function exists(...paths: readonly string[]): Promise<boolean> {
  return Promise.all(paths.map((path) => access(path))).then(
    () => true,
    () => false,
  );
}
