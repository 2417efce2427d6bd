import { readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { assertTrainable, checkDataset, DataError, demoDataset, openDataset, openMasks } from '@segloss/data';
import { encode } from 'fast-png';
import jpegJs from 'jpeg-js';
import { png } from './crafted.js';
import { failure, removeAfterAll, temporaryFolder } from './files.js';
import { nifti } from './nifti.js';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

const SIDE = 16;
const PIXELS = SIDE * SIDE;
/** A mask whose first pixels have the values that are given: [value, pixels], the rest is 0. */
const fill = (...runs: readonly (readonly [value: number, pixels: number])[]) => {
  const values = runs.flatMap(([value, pixels]) => Array<number>(pixels).fill(value));
  return Uint8Array.from({ length: PIXELS }, (_, i) => values[i] ?? 0);
};
const grayPng = (data: Uint8Array) => encode({ width: SIDE, height: SIDE, channels: 1, data });
const grayJpeg = (data: Uint8Array) =>
  jpegJs.encode({ width: SIDE, height: SIDE, data: Uint8Array.from({ length: 4 * PIXELS }, (_, i) => (i % 4 === 3 ? 255 : data[i >> 2]!)) }, 95).data; // prettier-ignore

type Masks = readonly (readonly [name: string, bytes: Uint8Array])[];
let sets = 0;
/** Images and masks in the folders of a layout. */
async function folder(
  masks: Masks,
  {
    images = 'images',
    labels = 'masks',
    more = {},
    prefix = '',
  }: { images?: string; labels?: string; more?: Record<string, string>; prefix?: string } = {},
): Promise<string> {
  const root = `set-${sets++}`;
  for (const [i, [name, bytes]] of masks.entries()) {
    await put(`${root}/${prefix}${images}/${name.replace(/\.\w+$/, '')}.png`, grayPng(fill([i, PIXELS])));
    await put(`${root}/${prefix}${labels}/${name}`, bytes);
  }
  for (const [name, text] of Object.entries(more)) await put(`${root}/${prefix}${name}`, text);
  return join(path, root);
}

/** Pixels of all masks that are 1, and that are ignored. */
async function foreground(name: string): Promise<[ones: number, ignored: number]> {
  const { train, val } = await openDataset(name);
  const masks = await Promise.all([...train, ...val].map(async (source) => (await source.load()).mask));
  const count = (label: number) =>
    masks.reduce((sum, mask) => sum + mask.filter((one) => one === label).length, 0);
  return [count(1), count(255)];
}

const numbered = (count: number, bytes: (i: number) => Uint8Array, ending = 'png'): Masks =>
  Array.from({ length: count }, (_, i) => [`${String(i).padStart(2, '0')}.${ending}`, bytes(i)] as const);

describe('label-map.json', () => {
  it.each(['{"7": 0, "7": 1}', '{"7": 1, "07": 0}'])(
    'that maps a value twice is refused: %s',
    async (map) => {
      const name = await folder(
        numbered(4, () => grayPng(fill([7, 100]))),
        { more: { 'label-map.json': map } },
      );
      expect(await failure(openDataset(name))).toMatch(/label-map\.json: it maps 7 twice/);
    },
  );
});

describe('the rule of two classes is decided over all masks', () => {
  it('also where the first twenty are empty', async () => {
    const name = await folder(numbered(24, (i) => grayPng(i < 20 ? fill() : fill([255, 10]))));
    expect(await foreground(name)).toEqual([40, 0]);
    expect((await openDataset(name)).labelRule).toBe(
      'mask values 0 and 255 are read as background and foreground',
    );
  });

  it('has 255 ignored where it stands beside 1', async () => {
    const name = await folder([['a.png', grayPng(fill([1, 7], [255, 3]))], ['b.png', grayPng(fill([255, 5]))], ['c.png', grayPng(fill([1, 2]))]]); // prettier-ignore
    expect(await foreground(name)).toEqual([9, 8]);
    const { warnings } = await openDataset(name);
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^1 of 3 masks hold 255 and no 1, as .*b\.png: their 255 is ignored/),
    );
  });

  it('refuses many masks of 0 and 255 next to few that also hold 1', async () => {
    const name = await folder(
      numbered(5, (i) => grayPng(i === 3 ? fill([1, 2], [255, 9]) : fill([255, 10]))),
    );
    expect(await failure(openDataset(name))).toMatch(
      /1 with the value 1 .*03\.png.* and 4 with 255 .*{"255": 1}/,
    );
  });

  it('refuses 0 and 1 in some, 0 and 255 in others, with the maps to choose from', async () => {
    const masks = numbered(6, (i) => grayPng(fill([i % 2 ? 1 : 255, 10])));
    const name = await folder(masks);
    expect(await failure(openDataset(name))).toMatch(
      /3 with the value 1 .* and 3 with 255 .*{"255": 1} .*{"255": 255}/,
    );
    await put(`${name.slice(path.length + 1)}/label-map.json`, '{"255": 1}');
    expect(await foreground(name)).toEqual([60, 0]);
    await put(`${name.slice(path.length + 1)}/label-map.json`, '{"255": 255}');
    expect(await foreground(name)).toEqual([30, 30]);
  });

  it.each<[string, (i: number) => Uint8Array, string, Record<string, number> | undefined]>([
    ['0 and 255', (i) => grayPng(fill([0, 10 + i], [255, PIXELS - 10 - i])), 'png', { 0: 1, 255: 0 }],
    ['0 and 1', (i) => grayPng(fill([0, 10 + i], [1, PIXELS - 10 - i])), 'png', { 0: 1, 1: 0 }],
    ['JPEG', (i) => grayJpeg(fill([0, 10 + i], [255, PIXELS - 10 - i])), 'jpg', { 0: 1, 255: 0 }],
    [
      '0, 1 and ignored',
      (i) => grayPng(fill([0, 10 + i], [255, 20], [1, PIXELS - 30 - i])),
      'png',
      { 0: 1, 1: 0 },
    ],
    [
      'soft',
      (i) =>
        grayPng(
          fill(
            [0, 10 + i],
            [90, 2],
            [130, 2],
            [200, 2],
            ...[224, 230, 240, 250, 252, 254].map((value) => [value, 2] as const),
            [255, PIXELS - 28 - i],
          ),
        ),
      'png',
      undefined,
    ],
  ])('asks whether black objects on white are swapped: %s', async (_, bytes, ending, map) => {
    const masks = numbered(4, bytes, ending);
    const name = await folder(masks);
    const [found] = (await openDataset(name)).warnings.filter(({ message }) =>
      /black on white/.test(message),
    );
    expect(found?.message).toMatch(
      /^foreground covers 9\d % of the pixels and more than half of 4 of 4 masks/,
    );
    expect(found?.message).toMatch(
      map === undefined ? /If so, invert the masks$/ : /If so, write (\{.*\}) to label-map/,
    );
    if (map === undefined) return;
    expect(JSON.parse(/\{.*\}/.exec(found!.message)![0])).toEqual(map);
    const [before, ignored] = await foreground(name);
    const swapped = await folder(masks, { more: { 'label-map.json': JSON.stringify(map) } });
    expect(await foreground(swapped)).toEqual([4 * PIXELS - before - ignored, ignored]);
    expect(
      (await openDataset(swapped)).warnings.filter(({ message }) => /black on white/.test(message)),
    ).toEqual([]);
  });

  it('does not ask where the foreground is large in some masks alone', async () => {
    const name = await folder(numbered(4, (i) => grayPng(fill([255, i < 3 ? PIXELS - 10 : 20]))));
    expect((await openDataset(name)).warnings).not.toContainEqual(expect.objectContaining({ message: expect.stringMatching(/black on white/) })); // prettier-ignore
  });

  it('reads JPEG masks among PNG masks by their own rule, and says so', async () => {
    for (const white of [1, 255]) {
      const name = await folder([['a.jpg', grayJpeg(fill([255, 128]))], ['b.png', grayPng(fill([white, 10]))], ['c.png', grayPng(fill())]]); // prettier-ignore
      expect(await foreground(name)).toEqual([138, 0]);
      expect((await openDataset(name)).warnings.map(({ message }) => message)).toContain(
        '1 of 3 masks are JPEG, the others are not',
      );
    }
  });

  it.each<[string, Masks]>([
    ['class numbers', numbered(3, () => grayJpeg(fill([1, 64], [2, 64])), 'jpg')],
    ['scaled class numbers', numbered(3, () => grayJpeg(fill([85, 64], [170, 64], [255, 64])), 'jpg')],
    ['class numbers beside black and white', [['a.jpg', grayJpeg(fill([255, 128]))], ['b.jpg', grayJpeg(fill([60, 128]))]]],
  ])('refuses JPEG masks of %s', async (_, masks) => {
    expect(await failure(openDataset(await folder(masks)))).toContain('class numbers that are saved as JPEG are lost');
  }); // prettier-ignore

  it('reads soft borders by the threshold, and refuses scaled class numbers', async () => {
    const soft = fill([255, 100], ...Array.from({ length: 20 }, (_, i) => [12 * (i + 1), 2] as const));
    const name = await folder([
      ['a.png', grayPng(soft)],
      ['b.png', grayPng(fill([255, 10]))],
    ]);
    // 100 + 10, and the grays 132, 144, …, 240: ten values, two pixels each.
    expect(await foreground(name)).toEqual([130, 0]);
    expect((await openDataset(name)).warnings[0]!.message).toContain(
      'grays between black and white (22 values)',
    );
    const scaled = await openDataset(
      await folder(numbered(3, () => grayPng(fill([85, 60], [170, 60], [255, 60])))),
    );
    expect(scaled.faults[0]).toEqual({ kind: 'bad-label', message: expect.stringContaining('85, 170') });
    expect(() => assertTrainable(scaled)).toThrow(/in 3 of 3 masks/);
  });

  it('refuses palettes in which a color has different indices', async () => {
    const pixels = Array.from({ length: SIDE }, () => Array.from({ length: SIDE }, (_, x) => Number(x < 4)));
    const [black, red, green] = [[0, 0, 0], [255, 0, 0], [0, 255, 0]]; // prettier-ignore
    const withPalette = (palette: number[][]) => png(SIDE, SIDE, 8, 3, pixels, palette.flat());
    const one = [black!, red!, green!];
    const same = await folder(numbered(3, () => withPalette(one)));
    expect(await foreground(same)).toEqual([3 * 4 * SIDE, 0]);
    const whiteFirst = await folder(numbered(3, () => withPalette([[255, 255, 255], [0, 0, 0]]))); // prettier-ignore
    expect(await failure(openDataset(whiteFirst))).toMatch(
      /by its index the mask is the opposite of what is seen/,
    );
    const other = [green!, black!, red!];
    const mixed = await folder([
      ['a.png', withPalette(one)],
      ['b.png', withPalette(other)],
    ]);
    expect(await failure(openDataset(mixed))).toMatch(/the color #000000 as [01] in .* and as [01] in/);
  });
});

describe('layouts of black and white masks', () => {
  const polyp = (value: number) =>
    folder(
      numbered(4, () => grayPng(fill([value, 10]))),
      { prefix: 'TrainDataset/', more: { 'train.txt': '00\n01', 'val.txt': '02\n03' } },
    );
  const cvc = (...values: number[]) =>
    folder(
      numbered(4, (i) => grayPng(fill([values[i % values.length]!, 10]))),
      { images: 'Original', labels: 'Ground Truth' },
    );

  it('read 0 and 1 too, and warn', async () => {
    for (const name of [await polyp(1), await cvc(1)]) {
      expect(await foreground(name)).toEqual([40, 0]);
      const { warnings } = await openDataset(name);
      expect(warnings.map(({ message }) => message)).toContain('masks hold 0 and 1 where this layout has 0 and 255: 1 is read as polyp'); // prettier-ignore
    }
    expect((await openDataset(await polyp(255))).warnings).toEqual([]);
  });

  it('refuse a mixture, and class numbers', async () => {
    expect(await failure(openDataset(await cvc(1, 255)))).toContain('wanted masks of one kind');
    expect(await failure(openDataset(await cvc(1, 2, 3)))).toContain('wanted black and white masks');
  });
});

describe('no foreground', () => {
  const white = numbered(4, () => grayPng(fill([255, 10])));
  it.each<[string, () => Promise<string>]>([
    ['classes.txt', () => folder(white, { more: { 'classes.txt': 'no\nyes' } })],
    ['Pascal VOC', () => folder(white, { images: 'JPEGImages', labels: 'SegmentationClass' })],
    ['MSD/nnU-Net', async () => {
      const root = `nn-${sets++}`;
      await put(`${root}/dataset.json`, '{"labels": {"background": 0, "lesion": 1}}');
      for (const id of ['a', 'b']) {
        await put(`${root}/imagesTr/${id}_0000.nii`, nifti({ dims: [2, 1, 1], values: [0, 9] }));
        await put(`${root}/labelsTr/${id}.nii`, nifti({ dims: [2, 1, 1], values: [0, 255] }));
      }
      return join(path, root);
    }],
  ])('is refused for training where 255 is the foreground of %s, with the map', async (_, make) => {
    const name = await make();
    const dataset = await openDataset(name);
    expect(() => assertTrainable(dataset)).toThrow(/some are ignored: .*write {"255":1} to label-map.json/);
    expect(() => assertTrainable(dataset, { allowNoForeground: true })).not.toThrow();
    expect((await checkDataset(name)).usable).toBe(false);
    const mapped = await openDataset(name, { labelMap: { 255: 1 } });
    expect(() => assertTrainable(mapped)).not.toThrow();
  }); // prettier-ignore

  it('and one image alone are what data check and training refuse alike', async () => {
    const empty = await folder(numbered(3, () => grayPng(fill())));
    expect(() => assertTrainable({ name: 'x', faults: [] })).not.toThrow();
    const dataset = await openDataset(empty);
    expect(() => assertTrainable(dataset)).toThrow(DataError);
    expect((await checkDataset(empty)).problems.map(({ kind }) => kind)).toEqual(['no-foreground']);
    const single = await folder([['a.png', grayPng(fill([1, 5]))]]);
    const one = await openDataset(single);
    expect(() => assertTrainable(one)).toThrow(/wanted images in val of .*, got none/);
    const report = await checkDataset(single);
    expect([report.usable, report.problems.map(({ kind }) => kind)]).toEqual([false, ['no-data']]);
    expect(() => assertTrainable(demoDataset())).not.toThrow();
  });
});

describe('classes of Pascal VOC', () => {
  const voc = (more: Record<string, string>) =>
    folder(
      numbered(4, () => grayPng(fill([1, 10], [255, 2]))),
      { images: 'JPEGImages', labels: 'SegmentationClass', more },
    );

  it('are those of classes.txt or class_names.txt, if there is one', async () => {
    for (const file of ['classes.txt', 'class_names.txt']) {
      const { classes, labelRule } = await openDataset(
        await voc({ [file]: '__ignore__\n_background_\nlesion\n' }),
      );
      expect([classes, labelRule]).toEqual([['_background_', 'lesion'], `2 classes from ${file}; 255, the border, is ignored`]); // prettier-ignore
    }
    expect((await openDataset(await voc({}))).classes.length).toBe(21);
  });
});

describe('gray and color images', () => {
  it('are all read as color, and it is said', async () => {
    const name = await folder(numbered(3, () => grayPng(fill([1, 5]))));
    expect((await openDataset(name)).channels).toBe(1);
    const color = Uint8Array.from({ length: 3 * PIXELS }, (_, i) => (i % 3 === 0 ? 200 : 40));
    await put(`${name.slice(path.length + 1)}/images/02.png`, encode({ width: SIDE, height: SIDE, channels: 3, data: color })); // prettier-ignore
    const { channels, train, val, warnings } = await openDataset(name);
    expect([channels, warnings[0]!.message]).toEqual([3, expect.stringContaining('2 of 3 images are gray')]);
    const sample = await [...train, ...val].find(({ id }) => id === '02')!.load();
    expect([...sample.image.slice(0, 3)].map((value) => Math.round(255 * value))).toEqual([200, 40, 40]);
  });
});

describe('openMasks', () => {
  const files = async (...masks: readonly Uint8Array[]) => Promise.all(masks.map((bytes, i) => put(`masks-${sets++}/${i}.png`, bytes))); // prettier-ignore
  const sums = async (opened: Awaited<ReturnType<typeof openMasks>>, names: readonly string[]) =>
    Promise.all(names.map(async (name) => Array.from((await opened.read(name)).values).reduce((sum, value) => sum + value, 0))); // prettier-ignore

  it('gives class numbers as they stand, 255 ignored', async () => {
    const names = await files(grayPng(fill([3, 2], [255, 1])), grayPng(fill([117, 1])));
    const opened = await openMasks(names);
    expect([opened.labels, opened.ignored, await sums(opened, names)]).toEqual([
      [0, 3, 117],
      255,
      [261, 117],
    ]);
  });

  it('gives 0 and 1 for black and white, soft or JPEG, and for volumes', async () => {
    const soft = fill([255, 100], ...Array.from({ length: 20 }, (_, i) => [12 * (i + 1), 2] as const));
    for (const [bytes, ones] of [
      [grayPng(fill([255, 9])), 9],
      [grayPng(soft), 120],
      [grayJpeg(fill([255, 64])), 64],
    ] as const) {
      const names = await files(bytes);
      const opened = await openMasks(names);
      expect([opened.labels, opened.ignored, await sums(opened, names)]).toEqual([[0, 1], undefined, [ones]]);
    }
    const scaled = (slope: number) => nifti({ dims: [2, 2, 1], values: [0, 2, 4, 6], slope: Math.fround(slope), type: 4 }); // prettier-ignore
    const [rounded, quarters] = [await put('rounded.nii', scaled(0.5000001)), await put('quarters.nii', scaled(0.25))]; // prettier-ignore
    const { labels, faults } = await openMasks([rounded, quarters]);
    expect([labels, faults.get(quarters)!.message]).toEqual([
      [0, 1, 2, 3],
      expect.stringContaining('scl_slope'),
    ]);
  });

  it('keeps 255 ignored if told so, reads by a map, and refuses what contradicts itself', async () => {
    const names = await files(grayPng(fill([255, 9])), grayPng(fill()));
    const ignoring = await openMasks(names, { ignored: 255 });
    expect([ignoring.labels, ignoring.ignored]).toEqual([[0], 255]);
    const mapped = await openMasks(names, { labelMap: { 255: 4 } });
    expect([mapped.labels, await sums(mapped, names)]).toEqual([
      [0, 4],
      [36, 0],
    ]);
    expect(await failure(openMasks(await files(grayPng(fill([1, 9])), grayPng(fill([255, 9])))))).toContain(
      'one kind',
    );
    expect(await failure(openMasks(await files(grayPng(fill([3, 9])), grayJpeg(fill([255, 64])))))).toContain(
      'JPEG in others',
    );
    const broken = await openMasks([join(path, 'nowhere.png'), ...names]);
    expect([...broken.faults.values()].map(({ code }) => code)).toEqual(['unreadable']);
  });
});

describe('openMasks of class numbers', () => {
  const files = async (...masks: readonly Uint8Array[]) => Promise.all(masks.map((bytes, i) => put(`numbers-${sets++}/${i}.png`, bytes))); // prettier-ignore

  it('refuses 255 where it may be a class, and asks for its meaning', async () => {
    for (const masks of [
      await files(grayPng(fill([85, 4], [170, 4], [255, 4]))),
      await files(grayPng(fill([3, 9])), grayPng(fill([255, 9]))),
    ]) {
      expect(await failure(openMasks(masks))).toMatch(/255.*--ignore 255/);
      expect((await openMasks(masks, { ignored: 255 })).ignored).toBe(255);
      expect((await openMasks(masks, { classes: 4 })).ignored).toBe(255);
      expect((await openMasks(masks, { ignored: 999 })).labels).toContain(255);
    }
  });

  it('has faults for photographs and fractions, which have no say in the rule', async () => {
    const many = Uint8Array.from({ length: PIXELS }, (_, i) => i % 200);
    const half = await put('half.nii', nifti({ dims: [2, 2, 1], values: [0, 0.5, 1, -1], type: 16 }));
    const [white, photograph] = await files(grayPng(fill([255, 9])), grayPng(many));
    const { labels, faults, read } = await openMasks([white!, photograph!, half]);
    expect(labels).toEqual([0, 1]);
    expect([...faults.keys()].sort()).toEqual([photograph!, half].sort());
    await expect(read(half)).rejects.toThrow('wanted labels');
    expect((await openMasks([white!, photograph!], { classes: 200 })).labels).toHaveLength(200);
  });

  it('refuses JPEG where there are more than two classes', async () => {
    expect(await failure(openMasks(await files(grayJpeg(fill([255, 64]))), { classes: 3 }))).toContain(
      'JPEG are lost',
    );
  });

  it('does not take an atlas for black and white with soft borders', async () => {
    const labels = [...Array.from({ length: 20 }, (_, i) => i), ...[251, 252, 253, 254].flatMap((label) => new Array<number>(9).fill(label))]; // prettier-ignore
    const atlas = await put('atlas.nii', nifti({ dims: [7, 8, 1], values: labels, type: 2 }));
    expect((await openMasks([atlas])).labels).toHaveLength(24);
  });
});

describe('the cache of facts', () => {
  const { SEGLOSS_CACHE: before } = process.env;
  afterEach(() => {
    if (before === undefined) delete process.env.SEGLOSS_CACHE;
    else process.env.SEGLOSS_CACHE = before;
  });
  const old = new Date('2020-01-01');

  it('is used while a file stays as it is, and not trusted for files that were just written', async () => {
    process.env.SEGLOSS_CACHE = join(path, 'cache');
    const kept = async () =>
      (await readdir(join(path, 'cache'), { recursive: true }).catch(() => [])).filter((name) =>
        /^masks-.*\.json$/.test(name),
      );
    const file = await put('cached/a.png', grayPng(fill([1, 3])));
    expect((await openMasks([file])).labels).toEqual([0, 1]);
    expect(await kept()).toEqual([]); // too young to be trusted
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 10_000);
    try {
      await openMasks([file]);
      const [name] = await kept();
      const cache = join(path, 'cache', name!);
      // What the cache says is believed, of this file alone.
      const text = await readFile(cache, 'utf8');
      expect(text).toContain('[1,3]');
      await writeFile(cache, text.replace('[1,3]', '[7,3]'));
      expect((await openMasks([file])).labels).toEqual([0, 7]);
      await writeFile(cache, 'no JSON');
      expect((await openMasks([file])).labels).toEqual([0, 1]);
      // Another file of the same size and time of change under the same name is another file.
      const { mtime } = await stat(file);
      await put('cached/b.png', grayPng(fill([2, 3])));
      await rename(join(path, 'cached/b.png'), file);
      await utimes(file, mtime, mtime);
      expect((await openMasks([file])).labels).toEqual([0, 2]);
    } finally {
      clock.mockRestore();
    }
  });

  it('does without a folder that can be written', async () => {
    await writeFile(join(path, 'no-folder'), '');
    process.env.SEGLOSS_CACHE = join(path, 'no-folder');
    const file = await put('uncached/a.png', grayPng(fill([1, 3])));
    await utimes(file, old, old);
    expect((await openMasks([file])).labels).toEqual([0, 1]);
    expect(await readFile(join(path, 'no-folder'), 'utf8')).toBe('');
  });
});
