import { dirname, join } from 'node:path';

import { DataError } from '../errors.js';
import { namesIn } from '../formats/bytes.js';

/** Names of files that other programs give to lists of training or validation images. */
const LIST =
  /^(train|training|val|valid|validation|dev)([-_ ]?(list|set|split|ids?|files|filenames|images|names))?\.(txt|csv|lst|list)$/i;
/** Folders in which such lists stand. */
const FOLDER = /^(lists?|splits?|image_?sets?)$/i;

/**
 * Throws if a folder holds lists under names that are not read: its images would be split otherwise than their owner thinks.
 *
 * @param lists Paths of the lists that are read, which are not there.
 * @throws {DataError} `unpaired`, naming the lists and the names they should have.
 */
export async function checkUnreadLists(lists: {
  readonly train: string;
  readonly val: string;
}): Promise<void> {
  const folder = dirname(lists.train);
  const names = (await namesIn(folder)) ?? [];
  const below = await Promise.all(
    names
      .filter((name) => FOLDER.test(name))
      .map(async (name) => ((await namesIn(join(folder, name))) ?? []).map((file) => [name, file])),
  );
  const found = [...names.map((name) => [name]), ...below.flat()].filter((parts) => LIST.test(parts.at(-1)!));
  if (found.length === 0) return;
  throw new DataError(
    `${found.map((parts) => join(folder, ...parts)).join(', ')}: ${found.length === 1 ? 'a list' : 'lists'} under ${found.length === 1 ? 'a name that is' : 'names that are'} not read; ` +
      `rename to ${lists.train} and ${lists.val}, or move away to split by a seed`,
    'unpaired',
  );
}
