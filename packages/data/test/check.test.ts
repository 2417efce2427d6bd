import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkDataset, openDataset, randomStream, type DatasetReport } from '@segloss/data';
import { sharedData } from '@segloss/testing';
import { encode } from 'fast-png';
import { distance, differenceHash, DifferenceHashIndex, NEAR } from '../src/check/difference-hash.js';
import { guessLabels } from '../src/read/label-guess.js';
import { removeAfterAll, temporaryFolder } from './files.js';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

/** Smooth waves of gray, other ones for every seed. */
function waves(seed: number, size = 48, { noise = 0, scale = 255 } = {}): number[] {
  const random = randomStream(seed);
  const terms = Array.from({ length: 6 }, () => [random.uniform() * 12 - 6, random.uniform() * 12 - 6, random.uniform() * 6]); // prettier-ignore
  const grain = randomStream(`noise-${seed}`);
  return Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) / size, Math.floor(i / size) / size];
    const wave = terms.reduce((sum, [u, v, phase]) => sum + Math.sin(u! * x * 3 + v! * y * 3 + phase!), 0);
    return Math.max(0, Math.min(1, 0.5 + wave / 8 + noise * (grain.uniform() - 0.5))) * scale;
  });
}

const gray = (values: ArrayLike<number>, width: number) =>
  encode({ width, height: values.length / width, channels: 1, data: Uint8Array.from(values) });

/** `masks` of 4 x 4 pixels by id; images are waves of the seed that is the id's number. */
async function folder(
  name: string,
  masks: Record<string, number[]>,
  { classes, val }: { classes?: string; val?: string[] } = {},
): Promise<string> {
  for (const [id, values] of Object.entries(masks)) {
    const cell = (i: number) =>
      values[(Math.floor(i / 48 / 12) * 4 + Math.floor((i % 48) / 12)) % values.length]!;
    await put(`${name}/images/${id}.png`, gray(waves(Number(id)), 48));
    await put(`${name}/masks/${id}.png`, gray(Array.from({ length: 48 * 48 }, (_, i) => cell(i)), 48)); // prettier-ignore
  }
  if (classes) await put(`${name}/classes.txt`, classes);
  const chosen = val ?? [Object.keys(masks).at(-1)!];
  await put(`${name}/val.txt`, chosen.join('\n'));
  await put(`${name}/train.txt`, Object.keys(masks).filter((id) => !chosen.includes(id)).join('\n')); // prettier-ignore
  return join(path, name);
}

const kinds = (report: DatasetReport) => [
  report.problems.map(({ kind }) => kind),
  report.warnings.map(({ kind }) => kind),
];

describe('checkDataset', () => {
  it('counts pixels, proportions, region sizes and sizes', async () => {
    const masks = { 1: [0, 0, 0, 1], 2: [0, 0, 0, 0], 3: [0, 0, 1, 255] };
    const report = await checkDataset(await folder('good', masks, { classes: 'sky\nroad' }));
    expect(kinds(report)).toEqual([[], []]);
    expect(report).toMatchObject({ usable: true, classes: ['sky', 'road'], faults: 0, nearDuplicates: [] });
    expect(report.train).toEqual({
      samples: 2,
      sizes: [{ size: '48x48x1', samples: 2 }],
      pixels: [7 * 576, 576],
      ignored: 0,
      proportions: [7 / 8, 1 / 8],
      // absent, below 0.1 %, 1 %, 10 %, 50 %, above
      regionSizes: [
        [0, 0, 0, 0, 0, 2],
        [1, 0, 0, 0, 1, 0],
      ],
    });
    expect(report.val).toMatchObject({ samples: 1, ignored: 576, proportions: [2 / 3, 1 / 3] });
  });

  it('says what range the values have where they fill a small part of it', async () => {
    const bits12 = async (name: string, brightest: number) => {
      for (const id of ['1', '2']) {
        const data = Uint16Array.from(waves(Number(id), 48, { scale: 4000 }));
        data[5] = id === '1' ? 4095 : brightest;
        const image = encode({ width: 48, height: 48, channels: 1, depth: 16, data });
        await put(`${name}/images/${id}.png`, image);
        await put(`${name}/masks/${id}.png`, gray(Array.from({ length: 48 * 48 }, (_, i) => i % 2), 48)); // prettier-ignore
      }
      await put(`${name}/train.txt`, '1');
      await put(`${name}/val.txt`, '2');
      return checkDataset(join(path, name));
    };
    const dark = await bits12('bits12', 4000);
    expect(kinds(dark)).toEqual([[], ['dark']]);
    // 4095 / 65535 = 0.0625 of the range, 16 of 255
    expect(dark.warnings[0]!.message).toMatch(/is 0\.062.*\(4095 of 65535 .*, 16 of 255 .*data\.normalize/);
    expect(dark.usable).toBe(true);
    // One bright pixel of any image is enough: 65535 / 8 = 8191.9
    expect(kinds(await bits12('below', 8191))[1]).toEqual(['dark']);
    expect(kinds(await bits12('bright', 8192))[1]).toEqual([]);
  });

  it('goes on after faults, and guesses the cause of wrong values', async () => {
    const masks = { 1: [0, 1, 2, 1], 2: [0, 85, 170, 255], 3: [0, 85, 85, 0], 4: [0, 0, 1, 1] };
    const name = await folder('faults', masks, { classes: 'a\nb\nc\nd' });
    await put('faults/masks/4.png', 'text');
    const report = await checkDataset(name);
    expect(report.problems.map(({ kind }) => kind)).toEqual(['bad-label', 'bad-label', 'unreadable']);
    expect(report).toMatchObject({ usable: false, faults: 3, labelMap: { 85: 1, 170: 2, 255: 3 } });
    expect(report.train.samples).toBe(1);
    expect(report.warnings[0]!.message).toMatch(
      /^wrong mask values: the labels were multiplied by 85 to be visible; write \{"85":1,"170":2,"255":3\} to label-map.json in the folder/,
    );
    const { labelMap } = report;
    const [, second] = (await openDataset(name, { labelMap: labelMap! })).train;
    expect([...new Set((await second!.load()).mask)]).toEqual([0, 1, 2, 3]);
  });

  it('sees that the whole foreground is ignored', async () => {
    const report = await checkDataset(
      await folder('ignored', { 1: [0, 255], 2: [0, 255], 3: [0, 0] }, { classes: 'no\nyes' }),
    );
    expect(report.usable).toBe(false);
    expect(kinds(report)).toEqual([['no-foreground'], ['empty-class', 'empty-class']]);
    expect(report.problems[0]!.message).toMatch(
      /no pixel is yes, but some are ignored: .*write {"255":1} to label-map.json/,
    );
    expect(report.labelMap).toEqual({ 255: 1 });
  });

  it('finds images of both parts that look alike, in other sizes and with noise too', async () => {
    const name = await folder('alike', { 1: [0, 1], 2: [0, 1], 3: [0, 1], 4: [0, 1] }, { val: ['3', '4'] });
    await put('alike/images/3.png', gray(waves(1, 60, { noise: 0.1, scale: 230 }), 60));
    await put('alike/masks/3.png', gray(Array.from({ length: 3600 }, (_, i) => i % 2), 60)); // prettier-ignore
    const report = await checkDataset(name);
    expect(report.nearDuplicates).toEqual([{ train: '1', val: '3', bits: expect.any(Number) }]);
    expect(report.train.regionSizes[1]).toEqual([0, 0, 0, 0, 0, 2]); // half of an image is not below a half
    expect(kinds(report)[1]).toEqual(['sizes', 'near-duplicates']);
    expect(report.warnings[1]!.message).toContain(
      '1 of 2 validation images look like training images (3 like 1, …)',
    );
  });

  it('reports a folder that cannot be opened, and ten faults of a kind', async () => {
    const missing = await checkDataset(join(path, 'nowhere'));
    expect([missing.usable, kinds(missing)]).toEqual([false, [['missing-folder'], []]]);
    const many = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [i + 1, [0, 9]]));
    const report = await checkDataset(await folder('many', many, { classes: 'a\nb' }));
    expect([report.faults, report.problems.length]).toEqual([14, 10]);
    await expect(checkDataset(path, { sed: 1 } as never)).rejects.toThrow(
      'unknown option "sed" (did you mean "seed"?)',
    );
  });
});

describe('guessLabels', () => {
  it.each<[string, number[], number, object | undefined]>([
    ['black and white', [0, 255], 2, { 255: 1 }],
    ['multiplied by', [0, 127, 255], 3, { 127: 1, 255: 2 }],
    ['multiplied by', [0, 60, 240], 5, undefined],
    ['multiplied by', [0, 63, 252], 5, { 63: 1, 252: 4 }],
    ['begin at 1', [1, 2, 3, 4], 4, { 1: 0, 2: 1, 3: 2, 4: 3 }],
    ['may mean "void"', [0, 1, 2, 11], 3, { 11: 255 }],
    ['the foreground is 65535 and not 1', [0, 65535], 2, { 65535: 1 }],
    ['the foreground is 2 and not 1', [0, 2], 2, { 2: 1 }],
    ['name the missing classes', [0, 1, 5, 7], 3, undefined],
    ['these are photographs', Array.from({ length: 60 }, (_, i) => i), 3, undefined],
  ])('%s: %j of %i classes', (cause, values, classes, labelMap) => {
    const guess = guessLabels(values, classes);
    expect(guess.labelMap).toEqual(labelMap);
    if (labelMap || !cause.startsWith('multiplied')) expect(guess.cause).toContain(cause);
  });
});

describe('difference hashes', () => {
  const sample = (values: number[], size = 48) => ({
    id: 'a',
    width: size,
    height: size,
    channels: 1,
    image: Float32Array.from(values, (value) => value / 255),
    mask: new Uint8Array(size * size),
  });

  it('are far apart for different images, and none for flat ones', () => {
    const prints = Array.from({ length: 60 }, (_, seed) => differenceHash(sample(waves(seed)))!);
    const between = prints.flatMap((a, i) => prints.slice(i + 1).map((b) => distance(a, b)));
    expect(Math.min(...between)).toBeGreaterThan(2 * NEAR);
    expect(differenceHash(sample(Array<number>(48 * 48).fill(100)))).toBeUndefined();
  });

  it('are found by the index as by comparing all', () => {
    const random = randomStream(5);
    const index = new DifferenceHashIndex();
    const prints = Array.from({ length: 50 }, () =>
      Uint16Array.from({ length: 16 }, () => random.integer(65536)),
    );
    prints.forEach((print, i) => index.add(String(i), print));
    for (let bits = 0; bits <= NEAR + 3; bits++) {
      const changed = prints[bits]!.slice();
      for (let bit = 0; bit < bits; bit++) changed[bit]! ^= 1 << random.integer(16); // one bit of a word each
      expect(index.nearest(changed)).toEqual(bits <= NEAR ? { id: String(bits), bits } : undefined);
    }
  });
});

const voc = sharedData('voc');
(voc ? it : it.skip)(
  `Pascal VOC can be used${voc ? '' : ' (skipped: ../shared/data/voc is not there)'}`,
  async () => {
    const report = await checkDataset(voc!);
    expect([report.usable, report.train.samples + report.val.samples]).toEqual([true, 3]);
    expect(report.train.ignored).toBeGreaterThan(0); // borders
    expect(report.warnings[0]!.message).toMatch(
      /^no pixel in train is .*; scores of such a class are meaningless/,
    );
  },
);
