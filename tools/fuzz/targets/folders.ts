// Folders of data sets: lists, masks saved in several ways, damaged descriptions.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkDataset, DataError, openDataset, type RandomStream } from '@segloss/data';
import jpeg from 'jpeg-js';

import { png, tiff } from '../../../packages/data/test/crafted.js';
import { damaged, differences, many, pick, rowsOf, valuesOf } from '../random-inputs.js';

const NAMES = ['a', 'a (2)', 'a.b', 'a_mask', 'b', 'e\u0301', 'é2', '日本', '#c', 'Case 01', 'x_seg', "it's"];

/** Names of odd kinds in lists of odd kinds: the images that are named, and their masks. */
export async function listTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const root = join(folder, 'lists');
  await rm(root, { recursive: true, force: true });
  for (const part of ['images', 'masks']) await mkdir(join(root, part), { recursive: true });
  const suffix = random.uniform() < 0.3 ? pick(random, ['_mask', '_segmentation']) : '';
  // a_mask is the mask of a, or the image of a_mask_mask: that is refused, and tested elsewhere.
  const names = NAMES.filter((name) => random.uniform() < 0.7 && !(suffix === '_mask' && name === 'a_mask'));
  if (names.length < 4) return undefined;
  for (const [i, name] of names.entries()) {
    const other = random.uniform() < 0.5 ? name.normalize('NFC') : name.normalize('NFD');
    await writeFile(join(root, 'images', `${name}.${pick(random, ['png', 'PNG'])}`), png(4, 4, 8, 0, many(4, () => many(4, () => 10 * i)))); // prettier-ignore
    // The mask says which name it belongs to: by its number of pixels.
    const ones = many(16, (k) => Number(k <= i));
    await writeFile(join(root, 'masks', `${other}${suffix}.png`), png(4, 4, 8, 0, rowsOf(ones, 4)));
  }
  const cut = 1 + random.integer(names.length - 2);
  const line = (name: string) =>
    pick(random, [name, `${name}.png`, `images/${name}.png`, `images\\${name}.PNG`, `images/${name}.png masks/${name}.png`, name.normalize('NFD')]); // prettier-ignore
  const text = (part: readonly string[]) => {
    const end = pick(random, ['\n', '\r\n']);
    return `${pick(random, ['', '\ufeff'])}${part.map(line).join(end)}${pick(random, ['', end])}`;
  };
  await writeFile(join(root, 'train.txt'), text(names.slice(0, cut)));
  await writeFile(join(root, 'val.txt'), text(names.slice(cut)));
  const { train, val, warnings } = await openDataset(root);
  const overlap = warnings.find(({ message }) => message.includes('list'));
  if (overlap !== undefined) return `a warning for lists without fault: ${overlap.message}`;
  const wanted = [names.slice(0, cut), names.slice(cut)].map((part) =>
    part.map((name) => name.normalize('NFC')),
  );
  const read = [train, val].map((part) => part.map(({ id }) => id));
  if (JSON.stringify(read) !== JSON.stringify(wanted)) return `lists name ${JSON.stringify(wanted)}, read ${JSON.stringify(read)}`; // prettier-ignore
  for (const source of [...train, ...val]) {
    const { mask } = await source.load();
    const index = names.findIndex((name) => name.normalize('NFC') === source.id);
    if (mask.reduce((sum, label) => sum + label, 0) !== index + 1)
      return `${source.id} has the mask of another image`;
  }
  return undefined;
}

/** Ways in which tools save the same shape: 0 and 1, black and white, soft, JPEG, palette, cut out by transparency. */
const SAVED: readonly ((shape: readonly number[]) => readonly [ending: string, bytes: Uint8Array])[] = [
  (shape) => ['png', png(16, 16, 8, 0, rowsOf(shape, 16))],
  (shape) => ['png', png(16, 16, 1, 0, rowsOf(shape, 16))],
  (shape) => ['png', png(16, 16, 8, 0, rowsOf(shape.map((one) => 255 * one), 16))],
  (shape) => ['png', png(16, 16, 8, 2, rowsOf(shape.flatMap((one) => [255 * one, 255 * one, 255 * one]), 48))],
  (shape) => ['png', png(16, 16, 8, 4, rowsOf(shape.flatMap((one) => [255, 255 * one]), 32))],
  (shape) => ['png', png(16, 16, 8, 3, rowsOf(shape, 16), [0, 0, 0, 255, 255, 255])],
  (shape) => ['png', png(16, 16, 8, 3, rowsOf(shape.map((one) => 1 - one), 16), [255, 255, 255, 0, 0, 0])],
  (shape) => ['tif', tiff({ width: 16, height: 16, values: shape.map((one) => 255 * one) })],
  (shape) => ['tif', tiff({ width: 16, height: 16, depth: 1, photometric: 0, values: shape.map((one) => 1 - one) })],
  (shape) => ['jpg', jpeg.encode({ width: 16, height: 16, data: Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : 255 * shape[i >> 2]!)) }, 95).data],
]; // prettier-ignore

/** One shape saved in several ways, in one folder: its pixels are foreground, or the folder is refused. */
export async function mixtureTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const root = join(folder, 'mixture');
  await rm(root, { recursive: true, force: true });
  for (const part of ['images', 'masks']) await mkdir(join(root, part), { recursive: true });
  const ways = many(1 + random.integer(2), () => random.integer(SAVED.length));
  const shapes = new Map<string, number[]>();
  const used: number[] = [];
  for (const id of ['a', 'b', 'c', 'd']) {
    const [right, bottom] = [random.integer(3) * 8, random.integer(3) * 8]; // whole blocks of JPEG
    const shape = many(256, (i) => Number(i % 16 < right && Math.floor(i / 16) < bottom));
    const way = pick(random, ways);
    const [ending, bytes] = SAVED[way]!(shape);
    used.push(way);
    shapes.set(id, shape);
    await writeFile(
      join(root, 'images', `${id}.png`),
      png(
        16,
        16,
        8,
        0,
        rowsOf(
          many(256, (i) => i),
          16,
        ),
      ),
    );
    await writeFile(join(root, 'masks', `${id}.${ending}`), bytes);
  }
  if ([...shapes.values()].every((shape) => !shape.includes(1))) return undefined;
  try {
    const { train, val, faults } = await openDataset(root);
    if (faults.length > 0) return undefined; // no training
    for (const source of [...train, ...val]) {
      const wrong = differences(`the mask ${source.id} of masks saved in the ways ${used.join()}`, (await source.load()).mask, shapes.get(source.id)!); // prettier-ignore
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** What a folder says of itself, damaged: `checkDataset` reports it, and does not throw. */
export async function folderTarget(random: RandomStream, folder: string): Promise<string | undefined> {
  const root = join(folder, 'folders');
  await rm(root, { recursive: true, force: true });
  for (const part of ['images', 'masks']) {
    await mkdir(join(root, part), { recursive: true });
    for (const name of ['a', 'b', 'c']) await writeFile(join(root, part, `${name}.png`), png(4, 4, 8, 0, rowsOf(valuesOf(random, 16, 2), 4))); // prettier-ignore
  }
  const texts = {
    'train.txt': 'a\nb',
    'val.txt': 'c',
    'classes.txt': 'no\nyes',
    'label-map.json': '{"1": 1, "0": 0}',
  };
  for (const [name, text] of Object.entries(texts)) {
    if (random.uniform() < 0.5) await writeFile(join(root, name), damaged(random, Buffer.from(text)));
  }
  const { usable, problems } = await checkDataset(root);
  return usable === (problems.length === 0) ? undefined : 'usable and problems contradict each other';
}
