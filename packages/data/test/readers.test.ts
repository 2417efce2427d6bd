import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkDataset,
  classProportions,
  DataError,
  loadAll,
  openDataset,
  readImage,
  readMask,
} from '@segloss/data';
import { sharedData } from '@segloss/testing';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';

import { pngChunk } from './crafted';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segloss-data-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, bytes: Uint8Array | string): Promise<string> {
  const full = join(folder, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, bytes);
  return full;
}

/** A PNG written by hand, for depths that encoders avoid. */
function png(
  width: number,
  height: number,
  depth: number,
  colourType: number,
  rows: number[][],
  palette?: number[],
  interlace = 0,
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, interlace], 8);
  const packed = rows.flatMap((row) => {
    const bits = row.map((value) => value.toString(2).padStart(depth, '0')).join('');
    return [0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2))];
  });
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk('IHDR', header),
    ...(palette ? [pngChunk('PLTE', Uint8Array.from(palette))] : []),
    pngChunk('IDAT', deflateSync(Uint8Array.from(packed))),
    pngChunk('IEND', new Uint8Array()),
  ]);
}

describe('readMask keeps labels exactly', () => {
  const gray = 0;
  const paletted = 3;
  it.each<[string, Uint8Array, number[]]>([
    ['1-bit gray', png(3, 2, 1, gray, [[0, 1, 1], [1, 0, 0]]), [0, 1, 1, 1, 0, 0]], // prettier-ignore
    ['2-bit gray', png(5, 1, 2, gray, [[0, 1, 2, 3, 2]]), [0, 1, 2, 3, 2]],
    ['4-bit gray', png(3, 1, 4, gray, [[0, 7, 15]]), [0, 7, 15]],
    ['4-bit palette', png(3, 1, 4, paletted, [[2, 1, 0]], [0, 0, 0, 9, 9, 9, 9, 9, 9]), [2, 1, 0]],
    [
      '8-bit palette with two classes of one colour',
      png(4, 1, 8, paletted, [[0, 1, 2, 255]], Array(768).fill(5)),
      [0, 1, 2, 255],
    ],
    ['8-bit gray', encode({ width: 3, height: 1, channels: 1, data: Uint8Array.of(0, 3, 255) }), [0, 3, 255]],
    [
      '8-bit gray with opacity',
      encode({ width: 2, height: 1, channels: 2, data: Uint8Array.of(4, 255, 5, 255) }),
      [4, 5],
    ],
    [
      '16-bit gray',
      encode({ width: 3, height: 1, channels: 1, depth: 16, data: Uint16Array.of(0, 300, 65535) }),
      [0, 300, 65535],
    ],
    [
      'gray stored as RGB',
      encode({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 1, 1, 2, 2, 2) }),
      [1, 2],
    ],
  ])('%s', async (name, bytes, labels) => {
    const { values } = await readMask(await put(`exact/${name}.png`, bytes));
    expect(Array.from(values)).toEqual(labels);
  });

  it.each<[string, Uint8Array | string, string]>([
    [
      'colours',
      encode({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 1, 1, 255, 0, 0) }),
      'it holds colors (pixel 1, 0), not class numbers',
    ],
    [
      'a truncated file',
      encode({ width: 40, height: 40, channels: 1, data: new Uint8Array(1600).map((_, i) => i * 31) }).slice(
        0,
        300,
      ),
      'cannot read',
    ],
    ['an empty file', '', 'the file is empty'],
    ['text', 'P5 2 2', 'it is neither PNG nor JPEG nor TIFF by its first bytes'],
    [
      'a huge header',
      png(100000, 100000, 8, gray, [[0]]),
      'it claims 100000 x 100000 pixels; at most 268 million are read',
    ],
    [
      'a JPEG',
      jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256).fill(255) }, 90).data,
      'JPEG changes label values; save masks as PNG',
    ],
  ])('or refuses with the cause: %s', async (name, bytes, message) => {
    const path = await put(`refused/${name}.png`, bytes);
    const error = await readMask(path).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(path);
  });
});

describe('readImage', () => {
  it('scales every depth to 0..1 and drops opacity', async () => {
    const deep = await readImage(
      await put(
        'image/16.png',
        encode({ width: 2, height: 1, channels: 1, depth: 16, data: Uint16Array.of(0, 65535) }),
      ),
    );
    expect(Array.from(deep.values)).toEqual([0, 1]);
    const clear = await readImage(
      await put(
        'image/rgba.png',
        encode({ width: 1, height: 1, channels: 4, data: Uint8Array.of(255, 0, 51, 7) }),
      ),
    );
    expect([clear.channels, ...Array.from(clear.values, (v) => Math.round(v * 100) / 100)]).toEqual([
      3, 1, 0, 0.2,
    ]);
  });

  it('turns a palette into colours', async () => {
    const { channels, values } = await readImage(
      await put('image/palette.png', png(2, 1, 8, 3, [[1, 0]], [0, 0, 0, 255, 0, 255])),
    );
    expect([channels, ...values]).toEqual([3, 1, 0, 1, 0, 0, 0]);
  });

  it('reads a JPEG by its bytes, whatever it is called', async () => {
    const data = new Uint8Array(16 * 16 * 4).fill(128);
    const { channels, values } = await readImage(
      await put('image/photo.png', jpeg.encode({ width: 16, height: 16, data }, 95).data),
    );
    expect(channels).toBe(3);
    expect(values[0]).toBeCloseTo(0.5, 1);
  });
});

const image = (width = 4, height = 3) =>
  encode({ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(90) });
const mask = (values: number[], width = 4, height = 3) =>
  encode({
    width,
    height,
    channels: 1,
    data: Uint8Array.from({ length: width * height }, (_, i) => values[i % values.length]!),
  });

describe('openDataset', () => {
  it('reads image and mask folders of 0 and 255, and says so', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      await put(`plain/images/${id}.png`, image());
      await put(`plain/masks/${id}_mask.png`, mask([0, 255]));
    }
    const dataset = await openDataset(join(folder, 'plain'));
    expect(dataset.description).toBe(
      'image and mask folders layout, 4 + 1 images (split by seed 1); mask values 0 and 255 are read as background and foreground',
    );
    expect(classProportions(await loadAll(dataset.train), 2)).toEqual([0.5, 0.5]);
    const again = await openDataset(join(folder, 'plain'));
    expect(again.val.map(({ id }) => id)).toEqual(dataset.val.map(({ id }) => id));
    const ids = [...dataset.train, ...dataset.val].map(({ id }) => id).sort();
    expect(ids).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('keeps class numbers of a folder with train.txt, val.txt and classes.txt', async () => {
    for (const id of ['a', 'b']) {
      await put(`lists/images/${id}.png`, image());
      await put(`lists/masks/${id}.png`, mask([0, 1, 2, 255]));
    }
    await put('lists/train.txt', 'a.png\n');
    await put('lists/val.txt', 'b\n');
    await put('lists/classes.txt', 'sky\nroad\ncar\n');
    const dataset = await openDataset(join(folder, 'lists'));
    expect(dataset.classes).toEqual(['sky', 'road', 'car']);
    expect(dataset.train.map(({ id }) => id)).toEqual(['a']);
    expect(Array.from((await dataset.val[0]!.load()).mask.slice(0, 4))).toEqual([0, 1, 2, 255]);
  });

  it('reads the polyp layout, masks above 127', async () => {
    const jpegMask = jpeg.encode(
      { width: 8, height: 8, data: new Uint8Array(256).map((_, i) => (i < 128 ? 250 : 3)) },
      90,
    ).data;
    for (const id of ['p', 'q']) {
      await put(`polyp/TrainDataset/images/${id}.png`, image(8, 8));
      await put(`polyp/TrainDataset/masks/${id}.jpg`, jpegMask);
    }
    await put('polyp/TrainDataset/train.txt', 'p.jpg\n');
    await put('polyp/TrainDataset/val.txt', 'q.jpg\n');
    const { classes, val } = await openDataset(join(folder, 'polyp'));
    expect(classes).toEqual(['background', 'polyp']);
    expect(classProportions(await loadAll(val), 2)).toEqual([0.5, 0.5]);
  });

  it('reads the SegNet layout, with the last label ignored', async () => {
    for (const part of ['train', 'val']) {
      await put(`segnet/${part}/x.png`, image());
      await put(`segnet/${part}annot/x.png`, mask([0, 10, 11]));
    }
    const { classes, train } = await openDataset(join(folder, 'segnet'));
    expect(classes).toHaveLength(11);
    expect([...new Set((await train[0]!.load()).mask)].sort((a, b) => a - b)).toEqual([0, 10, 255]);
  });

  it.each([
    ['labelTrainIds', [0, 18, 255], [0, 18, 255]],
    ['labelIds', [7, 33, 0, 4, 29], [0, 18, 255]], // road, bicycle, and what is not evaluated
  ])('reads the Cityscapes layout with %s', async (kind, written, read) => {
    for (const part of ['train', 'val']) {
      await put(`city-${kind}/leftImg8bit/${part}/ulm/ulm_1_leftImg8bit.png`, image());
      await put(`city-${kind}/gtFine/${part}/ulm/ulm_1_gtFine_${kind}.png`, mask(written));
      await put(`city-${kind}/gtFine/${part}/ulm/ulm_1_gtFine_color.png`, image());
    }
    const { classes, train, val } = await openDataset(join(folder, `city-${kind}`));
    expect([classes.length, train.length, val[0]!.id]).toEqual([19, 1, 'ulm_1']);
    expect([...new Set((await train[0]!.load()).mask)].sort((a, b) => a - b)).toEqual(read);
  });

  it('reads the Pascal VOC layout: indices of the palette, and only images that have a mask', async () => {
    const colours = Array(768).fill(5) as number[]; // all of one colour: only the index can tell
    for (const id of ['a', 'b', 'c']) {
      await put(`voc/JPEGImages/${id}.png`, image(3, 1));
      if (id !== 'c') await put(`voc/SegmentationClass/${id}.png`, png(3, 1, 8, 3, [[0, 20, 255]], colours));
    }
    await put('voc/ImageSets/Segmentation/train.txt', 'b\n');
    await put('voc/ImageSets/Segmentation/val.txt', 'a\n');
    const { classes, train, val } = await openDataset(join(folder, 'voc'));
    expect([classes[20], train[0]!.id, val[0]!.id]).toEqual(['tvmonitor', 'b', 'a']);
    expect(Array.from((await val[0]!.load()).mask)).toEqual([0, 20, 255]);
  });

  it('reads the retinal-lesions layout: any lesion, 127 or 255, and a missing file is an absent one', async () => {
    const lesions = 'retina/lesion_segs_4x1';
    for (const id of ['x', 'y']) await put(`retina/images_4x1/${id}.jpg`, image(4, 1));
    await put(`${lesions}/x/exudate.png`, mask([0, 127, 0, 0], 4, 1));
    await put(`${lesions}/x/bleeding.png`, mask([0, 255, 255, 0], 4, 1));
    await mkdir(join(folder, lesions, 'y'));
    await put('retina/classes.txt', 'exudate,EX\nbleeding,HE\n');
    await put('retina/train.txt', 'x\n');
    await put('retina/val.txt', 'y\n');
    const { train, val } = await openDataset(join(folder, 'retina'));
    expect(Array.from((await train[0]!.load()).mask)).toEqual([0, 1, 1, 0]);
    expect(Array.from((await val[0]!.load()).mask)).toEqual([0, 0, 0, 0]);
    const each = await openDataset(join(folder, 'retina'), { multilabel: true });
    expect([each.multilabel, each.classes]).toEqual([true, ['exudate', 'bleeding']]);
    const { labels, mask: both } = await each.train[0]!.load();
    expect([labels, ...both]).toEqual([2, 0, 0, 1, 1, 0, 1, 0, 0]);
    expect(Array.from((await each.val[0]!.load()).mask)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const { train: counted, warnings } = await checkDataset(join(folder, 'retina'), { multilabel: true });
    expect(counted).toMatchObject({ pixels: [1, 2], ignored: 0, proportions: [0.25, 0.5] });
    expect(warnings.map(({ message }) => message)).toEqual([
      'no pixel in val is exudate, bleeding; scores of such a class are meaningless',
    ]);
    await put(`${lesions}/y/scar.png`, mask([0], 4, 1));
    await expect(openDataset(join(folder, 'retina'))).rejects.toThrow(
      /wanted masks of exudate, bleeding in .*y, got scar.png; list it in classes.txt/,
    );
    await put('retina/classes.txt', 'exudate,EX\nbleeding,HE\nscar,SC\n');
    await put(`${lesions}/y/scar.png`, mask([0, 3], 4, 1));
    const again = await openDataset(join(folder, 'retina'));
    await expect(again.val[0]!.load()).rejects.toThrow(
      /got 3 \(2 pixels\); values are 0 for background, and 1, 127 or 255/,
    );
  });

  it('reads the CVC-ClinicDB layout', async () => {
    for (const id of ['1', '2']) {
      await put(`cvc/PNG/Original/${id}.png`, image());
      await put(`cvc/PNG/Ground Truth/${id}.png`, mask([0, 255]));
    }
    const { train, val } = await openDataset(join(folder, 'cvc'));
    expect([train.length, val.length]).toEqual([1, 1]);
    expect(classProportions(await loadAll(val), 2)).toEqual([0.5, 0.5]);
  });

  it('says which mask of Cityscapes or VOC has no partner', async () => {
    for (const part of ['train', 'val'])
      await put(`city-bad/leftImg8bit/${part}/ulm/u_leftImg8bit.png`, image());
    await mkdir(join(folder, 'city-bad/gtFine'), { recursive: true });
    await expect(openDataset(join(folder, 'city-bad'))).rejects.toThrow(
      /image without mask: u_leftImg8bit.png in .*wanted u_gtFine_labelTrainIds.png or _labelIds.png/,
    );
    await put('voc-bad/JPEGImages/a.jpg', image());
    await put('voc-bad/SegmentationClass/b.png', mask([0]));
    await expect(openDataset(join(folder, 'voc-bad'))).rejects.toThrow(
      /mask without image: b.png .*wanted b.jpg/,
    );
  });

  const bad = async (name: string, files: Record<string, Uint8Array>) => {
    for (const [path, bytes] of Object.entries(files)) await put(`${name}/${path}`, bytes);
    return join(folder, name);
  };
  const failure = async (path: string) => {
    try {
      const { train, val } = await openDataset(path);
      await loadAll([...train, ...val]);
    } catch (error) {
      if (error instanceof DataError) return `${error.code}: ${error.message}`;
      throw error;
    }
    throw new Error('wanted a DataError');
  };

  it('says what is wrong with a folder', async () => {
    expect(await failure(join(folder, 'nowhere'))).toBe(
      `missing-folder: no folder ${folder}/nowhere; give the path of a folder with images and masks`,
    );
    const empty = await bad('empty', { 'notes.txt': new Uint8Array([65]) });
    expect(await failure(empty)).toMatch(
      /^no-data: no data in .*looked for[\s\S]*TrainDataset[\s\S]*trainannot[\s\S]*masks[\s\S]*found notes.txt; give the folder that holds them, or say where they are/,
    );
    await bad('above/cells', { 'images/a.png': image(), 'masks/a.png': mask([0, 1]) });
    const cells = join(folder, 'above', 'cells');
    expect(await failure(join(folder, 'above'))).toContain(`found cells; did you mean ${cells}?`);
    expect(await failure(join(cells, 'images'))).toContain(`did you mean ${cells}?`);
    const two = { 'images/a.png': image(), 'masks/a.png': mask([0, 1]) };
    expect(await failure(await bad('lonely', { ...two, 'images/b.png': image() }))).toMatch(
      /^unpaired: image without mask: b.png in .*images \(of 1\); wanted a file of the same name in .*masks$/,
    );
    expect(await failure(await bad('orphan', { ...two, 'masks/c.png': mask([0]) }))).toMatch(
      /^unpaired: mask without image: c.png/,
    );
    expect(
      await failure(await bad('sizes', { ...two, 'images/b.png': image(), 'masks/b.png': mask([0], 5, 3) })),
    ).toMatch(
      /^size-mismatch: wanted image and mask of one size, got 4x3 in .*b.png and 5x3 in .*b.png; export/,
    );
    expect(
      await failure(await bad('labels', { ...two, 'images/b.png': image(), 'masks/b.png': mask([0, 3, 7]) })),
    ).toMatch(
      /^bad-label: wanted class labels in .*b.png, got 3 \(4 pixels\), 7 \(4 pixels\); .*classes.txt/,
    );
    expect(
      await failure(
        await bad('no-images', {
          'images/readme.txt': new Uint8Array([1]),
          'masks/readme.txt': new Uint8Array([1]),
        }),
      ),
    ).toMatch(/^no-data: no images with masks in/);
  });
});

const real = (name: string) => {
  const path = sharedData(name);
  return path === undefined ? describe.skip : describe;
};
const why = (name: string) =>
  sharedData(name) === undefined ? ` (skipped: ../shared/data/${name} is not there)` : '';

/** Mean share of each class over the images, as the tables of the data sets have it. */
async function meanShares(
  name: string,
  numClasses: number,
): Promise<{ shares: number[]; sizes: Set<string> }> {
  const { train, val } = await openDataset(sharedData(name)!);
  const sums = new Array<number>(numClasses).fill(0);
  const sizes = new Set<string>();
  for (const source of [...train, ...val]) {
    const sample = await source.load(); // one after the other: whole sets do not fit
    sizes.add(`${sample.width}x${sample.height}x${sample.channels}`);
    classProportions([sample], numClasses).forEach((share, k) => (sums[k]! += share));
  }
  return { shares: sums.map((sum) => sum / (train.length + val.length)), sizes };
}

real('cityscapes-camvid')(`Cityscapes' layout${why('cityscapes-camvid')}`, () => {
  it('has 23 + 7 images of 480 x 360 with trainIds', async () => {
    const { train, val, classes, description } = await openDataset(sharedData('cityscapes-camvid')!);
    expect([train.length, val.length, classes.length]).toEqual([23, 7, 19]);
    expect(description).toContain('labelTrainIds');
    const { shares, sizes } = await meanShares('cityscapes-camvid', 19);
    expect([...sizes]).toEqual(['480x360x3']);
    const present = [...shares.keys()].filter((k) => shares[k]! > 0);
    expect(present).toEqual([0, 1, 2, 4, 5, 7, 8, 10, 11, 12, 13]);
  });
});

real('retinal-lesions-idrid')(`retinal lesions${why('retinal-lesions-idrid')}`, () => {
  it('have 43 + 11 images of 896 x 896 with 2.4 % lesion', async () => {
    const { train, val, classes } = await openDataset(sharedData('retinal-lesions-idrid')!);
    expect([train.length, val.length, classes]).toEqual([43, 11, ['background', 'lesion']]);
    const { shares, sizes } = await meanShares('retinal-lesions-idrid', 2);
    expect([...sizes]).toEqual(['896x896x3']);
    expect(shares[1]).toBeCloseTo(0.024, 3);
  });
});

real('voc')(`Pascal VOC${why('voc')}`, () => {
  it('has three images and 21 classes, with the labels of its arrays', async () => {
    const { train, val, classes } = await openDataset(sharedData('voc')!);
    expect([train.length + val.length, classes.length]).toEqual([3, 21]);
    let borders = false;
    for (const source of [...train, ...val]) {
      const { mask: labels, width, height } = await source.load();
      // int32, -1 for ignored pixels, at the end of the file
      const bytes = await readFile(join(sharedData('voc')!, 'SegmentationClassNpy', `${source.id}.npy`));
      const values = new Int32Array(bytes.buffer.slice(bytes.byteOffset + bytes.length - 4 * width * height, bytes.byteOffset + bytes.length)); // prettier-ignore
      expect(labels).toEqual(Uint8Array.from(values, (value) => (value === -1 ? 255 : value)));
      borders ||= labels.includes(255);
    }
    expect(borders).toBe(true);
  });
});

real('polyp-kvasir')(`the Kvasir polyps${why('polyp-kvasir')}`, () => {
  it('have 176 + 44 pairs with about 15 % polyp', async () => {
    const { train, val, classes } = await openDataset(sharedData('polyp-kvasir')!);
    expect([train.length, val.length, classes.length]).toEqual([176, 44, 2]);
    const share = classProportions(await loadAll(val, { limit: 6, size: [64, 64] }), 2)[1]!;
    expect(share).toBeGreaterThan(0.03);
    expect(share).toBeLessThan(0.4);
  });
});

real('CamVid')(`CamVid${why('CamVid')}`, () => {
  it('has 92 + 26 images of 480 x 360 and 11 classes', async () => {
    const { train, val, classes } = await openDataset(sharedData('CamVid')!);
    expect([train.length, val.length, classes.length]).toEqual([92, 26, 11]);
    const samples = await loadAll(val, { limit: 4 });
    expect(samples.map(({ width, height, channels }) => [width, height, channels])).toEqual(
      Array(4).fill([480, 360, 3]),
    );
    const share = classProportions(samples, 11);
    expect(share[3]).toBeGreaterThan(0.2); // road
    expect(samples.some(({ mask: labels }) => labels.includes(255))).toBe(true);
  });
});
