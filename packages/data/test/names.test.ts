import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { openDataset, pairNames } from '@segloss/data';
import { encode } from 'fast-png';
import { failure, removeAfterAll, temporaryFolder } from './files.js';
import { nifti } from './nifti.js';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

/** An image of 4 pixels; a mask whose first `ones` pixels are 1, so that one can tell which mask an image got. */
const image = encode({ width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 50, 100, 150) });
const mask = (ones: number) =>
  encode({
    width: 4,
    height: 1,
    channels: 1,
    data: Uint8Array.from({ length: 4 }, (_, i) => Number(i < ones)),
  });

let folders = 0;
/** A folder with images and masks (name: pixels that are 1), and lists. */
async function folder(
  images: readonly string[],
  masks: Readonly<Record<string, number>>,
  texts: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `set-${folders++}`;
  for (const file of images) await put(`${name}/images/${file}`, image);
  for (const [file, ones] of Object.entries(masks)) await put(`${name}/masks/${file}`, mask(ones));
  for (const [file, text] of Object.entries(texts)) await put(`${name}/${file}`, text);
  return join(path, name);
}

/** Of each sample, in the order of the ids: id, and the pixels that are 1. */
async function found(name: string): Promise<string[]> {
  const { train, val } = await openDataset(name);
  const samples = await Promise.all([...train, ...val].map((source) => source.load()));
  return samples
    .map(({ id, mask: labels }) => `${id} ${labels.filter((label) => label === 1).length}`)
    .sort();
}

describe('pairing by names', () => {
  it('takes equal names before names with something behind', async () => {
    const images = ['person.png', 'person_mask.png', 'dog.png', 'a.b.png'];
    const masks = {
      'person_mask_mask.png': 4,
      'person.png': 1,
      'person_mask.png': 2,
      'dog_segmentation.png': 3,
      'a.b.png': 2,
    };
    await expect(failure(openDataset(await folder(images, masks)))).resolves.toMatch(
      /two masks .*person_mask_mask.png/,
    );
    const clear = Object.fromEntries(
      Object.entries(masks).filter(([name]) => name !== 'person_mask_mask.png'),
    );
    expect(await found(await folder(images, clear))).toEqual(['a.b 2', 'dog 3', 'person 1', 'person_mask 2']);
  });

  it('takes one word off masks, and none off images', async () => {
    const masks = { 'x_seg_mask.png': 1, 'x_mask.png': 2, 'y_label_gt.png': 3 };
    expect(await found(await folder(['x_seg.png', 'x.png', 'y_label.png'], masks))).toEqual([
      'x 2',
      'x_seg 1',
      'y_label 3',
    ]);
  });

  it('reads NFC and NFD, upper-case extensions, links, spaces and line feeds, and no hidden files', async () => {
    const nfd = 'e\u0301.png';
    const name = await folder([nfd, 'B.PNG', 'c d.png', '._B.png', 'new\nline.png'], {
      '\u00e9.png': 1,
      'B.Png': 2,
      'c d.png': 3,
      '._c d.png': 4,
      'new\nline.png': 2,
    });
    await symlink('c d.png', join(name, 'images/link.png'));
    await put(`${name.slice(path.length + 1)}/masks/link.png`, mask(4));
    await put(`${name.slice(path.length + 1)}/images/Thumbs.db`, 'x');
    expect(await found(name)).toEqual(['B 2', 'c d 3', 'link 4', 'new\nline 2', '\u00e9 1'].sort());
  });

  it.each<[string, string[], Record<string, number>, RegExp]>([
    ['two images of one name', ['a.png', 'a.jpg', 'b.png'], { 'a.png': 1, 'b.png': 1 }, /one file of each name .*a\.jpg and a\.png/],
    ['two masks of one name', ['a.png', 'b.png'], { 'a.png': 1, 'a.tif': 2, 'b.png': 1 }, /one file of each name .*a\.png and a\.tif/],
    ['a mask and one with _mask', ['a.png', 'b.png'], { 'a.png': 1, 'a_mask.png': 2, 'b.png': 1 }, /two masks .*a_mask\.png and a\.png/],
    ['two masks with words behind', ['a.png', 'b.png'], { 'a_seg.png': 1, 'a_mask.png': 2, 'b.png': 1 }, /several masks .*fit one image: a, a_mask, a_seg/],
    ['an image that is not read', ['a.bmp', 'b.png'], { 'a.png': 1, 'b.png': 1 }, /cannot read a\.bmp .*convert it/],
    ['images in a folder below', ['a.png', 'more/b.png'], { 'a.png': 1, 'more/b.png': 1 }, /wanted all images in .*images itself, got 1 more in .*more \(b\.png\)/],
    ['arrays among images', ['a.png', 'b.npy'], { 'a.png': 1 }, /cannot read b\.npy/],
    ['volumes among images', ['a.png', 'b.nii.gz'], { 'a.png': 1 }, /cannot read b\.nii\.gz/],
    ['a mask alone', ['a.png'], { 'a.png': 1, 'b.png': 1 }, /mask without image: b\.png/],
  ])('refuses %s', async (_, images, masks, cause) => {
    expect(await failure(openDataset(await folder(images, masks)))).toMatch(cause);
  }); // prettier-ignore

  it('gives every name to one of its lists', () => {
    const loosen = (name: string) => name.replace(/\d$/, '');
    const { pairs, ambiguous, firstAlone, secondAlone } = pairNames(['a', 'b', 'c1', 'd1', 'e'], ['a', 'b1', 'd1', 'd2', 'c2', 'c3', 'f'], loosen); // prettier-ignore
    expect(pairs).toEqual([['a', 'a'], ['d1', 'd1'], ['b', 'b1']]); // prettier-ignore
    expect([ambiguous, firstAlone, secondAlone]).toEqual([[['c1', 'c2', 'c3']], ['e'], ['d2', 'f']]);
  });
});

describe('lists', () => {
  const names = ['a', 'a (2)', 'b.c', 'd', '#e', 'é'];
  const masks = Object.fromEntries(names.map((name) => [`${name}.png`, 1]));
  const listed = async (train: string, val: string) =>
    openDataset(
      await folder(
        names.map((name) => `${name}.png`),
        masks,
        { 'train.txt': train, 'val.txt': val },
      ),
    );

  it.each<[string, string, string[]]>([
    ['names with spaces and dots', 'a (2)\nb.c', ['a (2)', 'b.c']],
    [
      'extensions, folders and those of Windows',
      'images/a.png\nimages\\d.png\n./x/b.c.PNG',
      ['a', 'd', 'b.c'],
    ],
    ['a byte order mark and line ends of Windows', '\ufeffa\r\nd\r\n', ['a', 'd']],
    [
      'pairs of files',
      'images/a (2).png masks/a (2).png\nd.png,d.png\nb.c.png\tmasks/b.c.png',
      ['a (2)', 'd', 'b.c'],
    ],
    ['comments, and names that look like one', '# for training\n#e\n  d  ', ['#e', 'd']],
    ['NFD', 'e\u0301.png', ['é']],
  ])('read %s', async (_, text, ids) => {
    const { train, warnings, description } = await listed(text, 'a.png');
    expect(train.map(({ id }) => id)).toEqual(ids);
    expect(description).not.toContain('split by seed');
    expect(warnings.some(({ message }) => message.includes('training images too'))).toBe(ids.includes('a'));
  });

  it('refuse a mask that belongs to another image', async () => {
    await expect(listed('images/a.png masks/d.png', 'd.png')).rejects.toThrow(/pairs a with masks\/d\.png, but it is read with .*masks.a\.png/); // prettier-ignore
  });

  it('reads UTF-16 as Windows writes it, and refuses bytes that are no text', async () => {
    const name = await folder(['a.png', 'é.png'], { 'a.png': 1, 'é.png': 1 }, { 'val.txt': 'a' });
    const list = `${name.slice(path.length + 1)}/train.txt`;
    await put(list, Buffer.from('\ufeffé.png\r\n', 'utf16le'));
    expect((await openDataset(name)).train.map(({ id }) => id)).toEqual(['é']);
    await put(list, Buffer.from('é.png', 'latin1'));
    expect(await failure(openDataset(name))).toContain('it is no UTF-8 text');
  });

  it.each<[string, string | undefined, string | undefined, RegExp]>([
    ['one of the two', 'a\nd', undefined, /val\.txt is missing; write it, or remove both/],
    ['the other', undefined, 'a', /train\.txt is missing/],
    ['an empty one', 'a\nd', '\n \n', /val\.txt is empty/],
    ['one of comments', 'a\nd', '# later', /names no image/],
    [
      'a name that is not there',
      'a (3)',
      'd',
      /train\.txt names a \(3\), but there is no such image and mask/,
    ],
  ])('refuse %s', async (_, train, val, cause) => {
    const texts = {
      ...(train !== undefined && { 'train.txt': train }),
      ...(val !== undefined && { 'val.txt': val }),
    };
    expect(
      await failure(
        openDataset(
          await folder(
            names.map((name) => `${name}.png`),
            masks,
            texts,
          ),
        ),
      ),
    ).toMatch(cause);
  });

  it.each([
    'Train.txt',
    'training.txt',
    'train_list.txt',
    'valid.csv',
    'splits/train.txt',
    'ImageSets/val.txt',
  ])('refuse %s, a name that is not read, instead of a split by the seed', async (list) => {
    const name = await folder(['a.png', 'd.png'], { 'a.png': 1, 'd.png': 1 }, { [list]: 'a' });
    expect(await failure(openDataset(name))).toMatch(
      /^unpaired: .*a list under a name that is not read; rename to .*train\.txt and/,
    );
  });

  it('of other things do not matter', async () => {
    const texts = { 'test.txt': 'a', 'README.txt': 'a', 'training-notes.txt': 'a', 'classes.txt': 'bg\nx' };
    const { description } = await openDataset(
      await folder(['a.png', 'd.png'], { 'a.png': 1, 'd.png': 1 }, texts),
    );
    expect(description).toContain('split by seed');
  });

  it('report what stands there twice, and what stands in both', async () => {
    const { train, val, warnings } = await listed('a\nd\na', 'd\nb.c');
    expect([train, val].map((part) => part.map(({ id }) => id))).toEqual([['a', 'd'], ['d', 'b.c']]); // prettier-ignore
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/train\.txt names a more than once; each is used once/),
      expect.stringMatching(/1 of 2 validation images are training images too \(d\)/),
    ]);
  });
});

describe('classes.txt', () => {
  it.each<[string, string, RegExp]>([
    ['one class', 'lesion', /wanted 2 or more classes .*background first, got lesion/],
    ['none', '\n', /got none/],
    ['a name twice', 'a\nb\na', /got a twice/],
    [
      'background that is not first',
      'lesion\nbackground',
      /wanted background as class 0 .*got lesion as 0 and background as 1/,
    ],
    [
      'other numbers than those of the lines',
      '1: lesion\n0: bg',
      /wanted the classes 0, 1, 2, .*got the numbers 1, 0/,
    ],
    ['numbers from 1', '1 bg\n2 lesion', /got the numbers 1, 2/],
  ])('refuses %s', async (_, text, cause) => {
    expect(
      await failure(openDataset(await folder(['a.png'], { 'a.png': 1 }, { 'classes.txt': text }))),
    ).toMatch(cause);
  });

  it('has comments, and names that start with numbers', async () => {
    const classesOf = async (text: string) =>
      (
        await openDataset(
          await folder(['a.png', 'b.png'], { 'a.png': 1, 'b.png': 1 }, { 'classes.txt': text }),
        )
      ).classes;
    expect(await classesOf('# of our clinic\nbg\nlesion')).toEqual(['bg', 'lesion']);
    expect(await classesOf('0 bg\n1 lesion')).toEqual(['0 bg', '1 lesion']);
    expect(await classesOf('bg\n3 lesion')).toEqual(['bg', '3 lesion']);
  });

  it('never brings control characters into names', async () => {
    const escape = '\u001b';
    const name = await folder([`${escape}[2J.png`, 'b.png'], { [`${escape}[2J.png`]: 1, 'b.png': 1 }, { 'classes.txt': `bg\n${escape}]0;x\u0007y` }); // prettier-ignore
    const { classes, train, val } = await openDataset(name);
    expect(classes[1]).toBe('\\x1b]0;x\\x07y');
    expect([...train, ...val].map(({ id }) => id).sort()).toEqual(['\\x1b[2J', 'b']);
    expect((await found(name)).length).toBe(2);
    expect(await failure(openDataset(join(path, `${escape}[2J`)))).toContain('\\x1b[2J');
  });

  it('says which class is background', async () => {
    const background = async (text: string | undefined) =>
      (await openDataset(await folder(['a.png', 'b.png'], { 'a.png': 1, 'b.png': 1 }, text ? { 'classes.txt': text } : {}))).background; // prettier-ignore
    expect(await background(undefined)).toBe(0);
    expect(await background('background\nroad\ncar')).toBe(0);
    expect(await background('healthy\ntumor')).toBe(0);
    expect(await background('sky\nroad\ncar')).toBeNull();
    const given = await openDataset(await folder(['a.png', 'b.png'], { 'a.png': 1, 'b.png': 1 }), { background: null }); // prettier-ignore
    expect(given.background).toBeNull();
  });
});

describe('cases of MSD and nnU-Net', () => {
  const volume = nifti({ dims: [2, 1, 1], values: [0, 1] });
  const cases = async (
    files: readonly string[],
    labels: object = { background: 0, lesion: 1 },
  ): Promise<string> => {
    const name = `nn-${folders++}`;
    await put(`${name}/dataset.json`, `\ufeff${JSON.stringify({ labels })}`);
    for (const file of files) await put(`${name}/${file}`, volume);
    return join(path, name);
  };

  it('reads upper-case endings, numbers as texts, and a case that is called as a channel', async () => {
    const files = ['imagesTr/case_0001.NII', 'labelsTr/case_0001.nii', 'imagesTr/case_0002.nii', 'labelsTr/case_0002.Nii', 'imagesTr/._case.nii']; // prettier-ignore
    for (const labels of [
      { background: '0', lesion: '1' },
      { 0: 'background', 1: 'lesion' },
      { background: 0, lesion: [1] },
    ]) {
      const { train, val, classes, channels } = await openDataset(await cases(files, labels), {
        volumes: 'whole',
      });
      expect([...train, ...val].map(({ id }) => id).sort()).toEqual(['case_0001', 'case_0002']);
      expect([classes, channels]).toEqual([['background', 'lesion'], 1]);
      expect([...(await train[0]!.load()).mask]).toEqual([0, 1]);
    }
  });

  const [A, B] = ['labelsTr/a.nii', 'labelsTr/b.nii'];
  it.each<[string, string[], RegExp]>([
    [
      'other channels of other cases',
      ['imagesTr/a_0000.nii', 'imagesTr/b_0001.nii', A, B],
      /got 0000 of a and 0001 of b/,
    ],
    [
      'a gap in the channels',
      ['imagesTr/a_0001.nii', 'imagesTr/b_0001.nii', A, B],
      /wanted the channels 0000, 0001, … of b .*got 0001/,
    ],
    [
      'a file with and one without number',
      ['imagesTr/a.nii', 'imagesTr/a_0000.nii', A],
      /got a file without a number, 0000/,
    ],
    [
      'a case twice',
      ['imagesTr/a.nii', A, 'labelsTr/a.nii.gz'],
      /one file of each name .*a\.nii and a\.nii\.gz/,
    ],
  ])('refuses %s', async (_, files, cause) => {
    expect(await failure(openDataset(await cases(files)))).toMatch(cause);
  });
});
