import { expect, it } from '@jest/globals';
import { encode } from 'fast-png';

import { ownTrainData, OWN_SIDE } from '../src/core/own-images.js';

const SIDE = OWN_SIDE; // nothing is resized

const png = (pixel: (i: number) => number, depth: 8 | 16 = 8) => {
  const values = Array.from({ length: SIDE * SIDE }, (_, i) => pixel(i));
  const data = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  const bytes = encode({ width: SIDE, height: SIDE, channels: 1, depth, data });
  return new Blob([bytes as Uint8Array<ArrayBuffer>]);
};

/** Eight images of 16 bit, and their masks: a region of 8 x 8 pixels where the number of the image is among `regions`. */
function folders(regions: readonly number[]) {
  const numbers = Array.from({ length: 8 }, (_, i) => i);
  const square = (i: number) => Number(i % SIDE < 8 && i < 8 * SIDE);
  return {
    images: { name: 'images', files: new Map(numbers.map((n) => [`${n}.png`, png((i) => 512 * (i % SIDE), 16)])) },
    masks: { name: 'masks', files: new Map(numbers.map((n) => [`${n}.png`, png((i) => (regions.includes(n) ? 255 * square(i) : 0))])) },
  }; // prettier-ignore
}

it('reads images of 16 bit to their values, and tells of each', async () => {
  const told: string[] = [];
  const { train, val, classes } = await ownTrainData(folders([0, 1, 2, 3, 4, 5, 6, 7]), (done, total) =>
    told.push(`${done}/${total}`),
  );
  expect([train.length, val.length, classes]).toEqual([6, 2, ['background', 'region']]);
  for (const { image, mask } of [...train, ...val]) {
    expect(image[5]).toBeCloseTo((512 * 5) / 65535, 6);
    expect(mask.reduce((sum, label) => sum + label, 0)).toBe(64);
  }
  expect(told).toEqual(['1/8', '2/8', '3/8', '4/8', '5/8', '6/8', '7/8', '8/8']);
});

it('validates on a quarter with a region, wherever the regions are', async () => {
  const hasRegion = ({ mask }: { mask: ArrayLike<number> }) => Array.from(mask).includes(1);
  const pairs = [0, 1, 2, 3].map((n) => ownTrainData(folders([n, n + 3])));
  const found = (await Promise.allSettled(pairs)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])); // prettier-ignore
  expect(found.length).toBeGreaterThanOrEqual(3); // a quarter may hold both of a pair, but not of two
  for (const { train, val } of found)
    expect([train.some(hasRegion), val.some(hasRegion)]).toEqual([true, true]);
});

it('refuses masks without regions, or with one, and folders without images', async () => {
  await expect(ownTrainData(folders([]))).rejects.toThrow(
    'got 0 of 8 masks with one after resizing to 64 x 64 pixels',
  );
  await expect(ownTrainData(folders([3]))).rejects.toThrow('got 1 of 8 masks');
  const text = { name: 'texts', files: new Map([['a.txt', new Blob(['a'])]]) };
  await expect(ownTrainData({ images: text, masks: text })).rejects.toThrow(
    'got 0 PNG, JPEG or TIFF in texts and 0 in texts',
  );
});
