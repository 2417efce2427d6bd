import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { cocoMask, decodeRle, encodeRle, openDataset, type CocoAnnotation } from '@segloss/data';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { fillPolygon } from '../src/formats/coco/polygon.js';
import { failure, removeAfterAll, temporaryFolder } from './files.js';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

const refused = (act: () => unknown) => failure(Promise.resolve().then(act));

describe('run-length encoding', () => {
  // Masks and texts by pycocotools 2.0.11.
  const SMALL = {
    size: [5, 7] as const,
    counts: '23501OKO212OL',
    rows: ['0010100', '0010010', '1010110', '1000001', '1001000'],
  };
  const LARGE =
    'Tl5R4V2000000000000000000VMkMa1U2_NkMa1U2_NkMa1U2_NkMa1U2_NkMa1U2Y1' + '0'.repeat(109) + 'X1hN';

  it('is that of COCO', () => {
    const mask = Uint8Array.from(SMALL.rows.join(''), Number);
    expect(encodeRle(mask, { height: 5, width: 7 })).toEqual({ size: [5, 7], counts: SMALL.counts });
    expect(decodeRle(SMALL)).toEqual(mask);
    // A large one with long runs: 200 x 300 with a rectangle, a notch and a bar.
    const rows = new Uint8Array(200 * 300);
    const box = (top: number, bottom: number, left: number, right: number, value: number) => {
      for (let y = top; y < bottom; y++) rows.fill(value, y * 300 + left, y * 300 + right);
    };
    box(20, 150, 30, 250, 1);
    box(60, 61, 40, 45, 0);
    box(100, 190, 100, 120, 1);
    const { counts } = encodeRle(rows, { height: 200, width: 300 });
    expect(counts.startsWith(LARGE)).toBe(true);
    expect(counts.endsWith('0lg9')).toBe(true);
  });

  it('gives every mask back, compressed or not', () => {
    const masks = fc
      .tuple(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 50 }),
      )
      .chain(([height, width, run]) =>
        fc.record({
          height: fc.constant(height),
          width: fc.constant(width),
          // Runs of some length along the columns, so that the differences have both signs and more than five bits.
          seeds: fc.array(fc.nat(1), { minLength: height * width, maxLength: height * width }),
          run: fc.constant(run),
        }),
      );
    fc.assert(
      fc.property(masks, ({ height, width, seeds, run }) => {
        const mask = Uint8Array.from(seeds, (_, i) => {
          const column = (i % width) * height + Math.floor(i / width);
          return seeds[Math.floor(column / run)]!;
        });
        const { size, counts } = encodeRle(mask, { height, width });
        expect(decodeRle({ size, counts })).toEqual(mask);
        const runs = plainRuns(mask, height, width);
        expect(decodeRle({ size, counts: runs })).toEqual(mask);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('refuses runs that do not fit, and broken texts', async () => {
    expect(await refused(() => decodeRle({ size: [2, 2], counts: [1, 2] }))).toContain(
      'runs of 3 pixels for 2 x 2',
    );
    expect(await refused(() => decodeRle({ size: [2, 2], counts: [5, -1] }))).toContain('a run of -1 pixels');
    expect(await refused(() => decodeRle({ size: [1e5, 1e5], counts: [1e10] }))).toContain(
      'at most 64 million',
    );
    expect(await refused(() => decodeRle({ size: [2, 2], counts: '1 2' }))).toContain('the text "1 2"');
    expect(await refused(() => decodeRle({ size: [2, 2], counts: 'o' }))).toContain('the text "o"');
    expect(await refused(() => decodeRle({ size: [2, 2], counts: 'ooooooooo1' }))).toContain(
      'more than 30 bits',
    );
    expect(() => encodeRle([1, 0], { height: 2, width: 2 })).toThrow(
      'encodeRle: wanted 2 x 2 = 4 values, got 2',
    );
  });
});

function plainRuns(mask: Uint8Array, height: number, width: number): number[] {
  const columns = Array.from(
    { length: mask.length },
    (_, i) => mask[(i % height) * width + Math.floor(i / height)]!,
  );
  const runs = [0];
  columns.forEach((value, i) => {
    if (value !== (i === 0 ? 0 : columns[i - 1])) runs.push(0);
    runs[runs.length - 1]!++;
  });
  return runs;
}

const drawn = (points: number[], height: number, width: number) => {
  const mask = new Uint8Array(height * width);
  fillPolygon(mask, { height, width }, points);
  return Array.from({ length: height }, (_, y) => mask.slice(y * width, (y + 1) * width).join(''));
};

describe('polygons', () => {
  it('have the pixels whose centers lie within', () => {
    expect(drawn([1, 1, 4, 1, 4, 3, 1, 3], 4, 5)).toEqual(['00000', '01110', '01110', '00000']);
    expect(drawn([0.5, 0, 2.5, 0, 2.5, 1, 0.5, 1], 1, 4)).toEqual(['1100']); // the left edge owns its centers
    expect(drawn([0, 0, 4, 0, 0, 4], 4, 4)).toEqual(['1110', '1100', '1000', '0000']);
    expect(drawn([-5, -5, 9, -5, 9, 9, -5, 9], 2, 3)).toEqual(['111', '111']); // cut at the borders
    const ring = [0, 0, 4, 0, 4, 4, 0, 4, 0, 0, 1, 1, 3, 1, 3, 3, 1, 3, 1, 1]; // the even-odd rule leaves the inside out
    expect(drawn(ring, 4, 4)).toEqual(['1111', '1001', '1001', '1111']);
  });

  it('that share an edge leave no pixel out and share none', () => {
    const coordinate = fc.double({ min: -2, max: 14, noNaN: true });
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        const [size, corners] = [12, [-3, -3, 15, -3, 15, 15, -3, 15]];
        const count = new Uint8Array(size * size);
        for (let i = 0; i < 8; i += 2) {
          const mask = new Uint8Array(size * size);
          const [x2, y2] = [corners[(i + 2) % 8]!, corners[(i + 3) % 8]!];
          fillPolygon(mask, { height: size, width: size }, [x, y, corners[i]!, corners[i + 1]!, x2, y2]);
          mask.forEach((value, pixel) => (count[pixel]! += value));
        }
        expect([...new Set(count)]).toEqual([1]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });
});

describe('cocoMask', () => {
  const box = (
    category_id: number,
    left: number,
    right: number,
    more: Partial<CocoAnnotation> = {},
  ): CocoAnnotation => ({
    category_id,
    segmentation: [[left, 0, right, 0, right, 1, left, 1]],
    ...more,
  });
  const size = { height: 1, width: 6 };
  const labels = new Map([[10, 1], [20, 2]]); // prettier-ignore

  it('gives a pixel of several objects to the smallest, or the last', () => {
    const annotations = [box(10, 1, 3), box(20, 0, 5)];
    expect(Array.from(cocoMask(annotations, size, labels))).toEqual([2, 1, 1, 2, 2, 0]);
    expect(Array.from(cocoMask(annotations, size, labels, { overlap: 'last' }))).toEqual([2, 2, 2, 2, 2, 0]);
    const told = [box(10, 1, 3, { area: 9 }), box(20, 0, 5, { area: 1 })];
    expect(Array.from(cocoMask(told, size, labels))).toEqual([2, 2, 2, 2, 2, 0]);
  });

  it('ignores crowds where it is asked to, but not the objects within', () => {
    const annotations = [box(10, 1, 3), box(20, 0, 4, { iscrowd: 1, area: 1 })];
    expect(Array.from(cocoMask(annotations, size, labels))).toEqual([2, 2, 2, 2, 0, 0]);
    expect(Array.from(cocoMask(annotations, size, labels, { crowd: 'ignore' }))).toEqual([
      255, 1, 1, 255, 0, 0,
    ]);
  });

  it('unites the polygons of an object', () => {
    const [one, other] = [box(10, 0, 1), box(10, 2, 3)].map(({ segmentation }) => segmentation as number[][]);
    const both = { category_id: 10, segmentation: [...one!, ...other!] };
    expect(Array.from(cocoMask([both], size, labels))).toEqual([1, 0, 1, 0, 0, 0]);
  });

  it('refuses what it cannot draw', async () => {
    expect(await refused(() => cocoMask([box(30, 0, 1)], size, labels))).toContain(
      'a label for the category 30, got those of 10, 20',
    );
    const runs = { category_id: 10, segmentation: { size: [2, 3] as const, counts: [6] } };
    expect(await refused(() => cocoMask([runs], size, labels))).toContain(
      'runs of the size [1, 6], got {"size":[2,3]',
    );
    const short = { category_id: 10, segmentation: [[0, 0, 1, 1]] };
    expect(await refused(() => cocoMask([short], size, labels))).toContain(
      'polygons of three or more points',
    );
    expect(() => cocoMask([], size, labels, { crowd: 'drop' as never })).toThrow(
      'crowd to be "label" | "ignore", got "drop"',
    );
    expect(() => cocoMask([], size, labels, { overlaps: 'last' } as never)).toThrow(
      'did you mean "overlap"?',
    );
  });
});

describe('the layout of COCO', () => {
  const categories = [{ id: 7, name: 'train' }, { id: 3, name: 'car' }]; // prettier-ignore
  const content = (part: string) => ({
    images: [{ id: 1, file_name: `${part}.png`, height: 2, width: 3 }, { id: 2, file_name: `${part}-empty.png`, height: 2, width: 3 }], // prettier-ignore
    annotations: [
      { image_id: 1, category_id: 7, segmentation: { size: [2, 3], counts: [1, 1, 4] }, iscrowd: 1, area: 1 },
      { image_id: 1, category_id: 3, segmentation: [[1, 0, 3, 0, 3, 1, 1, 1]], area: 2, iscrowd: 0 },
    ],
    categories,
  });
  async function folder(name: string, change: (part: string) => object = () => ({})): Promise<string> {
    for (const part of ['train', 'val']) {
      const file = { ...content(part), ...change(part) };
      await put(`${name}/annotations/instances_${part}2017.json`, JSON.stringify(file));
      const image = encode({ width: 3, height: 2, channels: 3, data: new Uint8Array(18).fill(51) });
      await put(`${name}/${part}2017/${part}.png`, image);
      await put(`${name}/${part}2017/${part}-empty.png`, image);
    }
    return join(path, name);
  }

  it('has the categories in the order of their ids, and images without objects', async () => {
    const { classes, train, val, description } = await openDataset(await folder('coco'));
    expect([classes, train.length, val.length]).toEqual([['background', 'car', 'train'], 2, 2]);
    expect(description).toContain(
      '2 + 2 images; 2 categories and background; of objects that overlap the smallest counts',
    );
    const [first, empty] = await Promise.all(val.map((source) => source.load()));
    expect([first!.id, ...first!.mask]).toEqual(['val', 0, 1, 1, 2, 0, 0]);
    expect(first!.image[0]).toBeCloseTo(0.2);
    expect([...empty!.mask]).toEqual([0, 0, 0, 0, 0, 0]);
    const ignoring = await openDataset(join(path, 'coco'), { crowd: 'ignore', overlap: 'last' });
    expect([...(await ignoring.val[0]!.load()).mask]).toEqual([0, 1, 1, 255, 0, 0]);
  });

  it('says what is wrong with it', async () => {
    const images = [{ id: 1, file_name: 'gone.png', height: 2, width: 3 }];
    expect(await failure(openDataset(await folder('gone', () => ({ images }))))).toMatch(
      /^unpaired: .* names 1 images that are not in .*: gone.png/,
    );
    expect(await failure(openDataset(await folder('none', () => ({ categories: {} }))))).toContain(
      'it has no list "categories"',
    );
    const other = await folder('other', (part) => ({ categories: [{ id: 3, name: part }, { id: 7, name: 'x' }] })); // prettier-ignore
    expect(await failure(openDataset(other))).toContain(
      'the same categories in instances_train2017.json and',
    );
    const sized = await folder('sized', (part) => ({ images: [{ id: 1, file_name: `${part}.png`, height: 9, width: 9 }] })); // prettier-ignore
    const { val } = await openDataset(sized);
    expect(await failure(val[0]!.load())).toMatch(/^size-mismatch: .*3x2 in .*val.png and 9x9 in .*instances_val2017.json/); // prettier-ignore
    const annotations = [{ image_id: 1, category_id: 3, segmentation: { size: [2, 3], counts: [1] } }];
    const broken = await openDataset(await folder('broken', () => ({ annotations })));
    expect(await failure(broken.val[0]!.load())).toMatch(/^unreadable: .*instances_val2017.json, image val: decodeRle: cannot read runs of 1 pixels/); // prettier-ignore
  });

  it.each([
    ['shares of the image', [0.1, 0.1, 0.9, 0.1, 0.9, 0.9]],
    ['points to the right of it', [3, 0, 5, 0, 5, 1]],
    ['points above it', [0, -4, 2, -4, 2, 0]],
  ])('refuses objects of %s, which would be background', async (kind, points) => {
    const annotations = [{ id: 5, image_id: 1, category_id: 3, segmentation: [points] }];
    expect(await failure(openDataset(await folder(`outside ${kind}`, () => ({ annotations }))))).toMatch(
      /^bad-label: .*1 of 1 annotations lie outside of their image, or have coordinates from 0 to 1 .*\(5\)/,
    );
  });

  it('refuses two categories of one name', async () => {
    const same = [{ id: 3, name: 'car' }, { id: 7, name: 'car' }]; // prettier-ignore
    expect(await failure(openDataset(await folder('same', () => ({ categories: same }))))).toMatch(
      /^bad-label: wanted a different name for every class .*got car twice/,
    );
  });
});
